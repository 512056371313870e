// A process that attacks, so that the load on its own event loop isn't measured.
import { setMaxListeners } from "node:events";
import { constants, setPriority } from "node:os";

import { attacks, type AttackName } from "./attacks.js";
import type { FloodName } from "./floods.js";
import { clientOf } from "../../client.js";

/** The order that a started attacker receives. */
export type Order = {
  readonly attack: AttackName;
  readonly url: string;
  readonly address: string;
  readonly token?: string;
  readonly patient: boolean;
  readonly posts: string;
  readonly flood: FloodName;
};

// Real attackers use other machines: here they get only the processor time that the server and its users leave.
setPriority(constants.priority.PRIORITY_LOW);

const ending = new AbortController();
// Every running request listens to it.
setMaxListeners(0, ending.signal);
process.once("disconnect", () => process.exit());
process.once("message", (order: Order) => {
  process.once("message", () => ending.abort());
  const counts = new Map<string, number>();
  const note = (code: string) => void counts.set(code, (counts.get(code) ?? 0) + 1);
  const client = clientOf(order.url, order.address, order.token);
  const { patient, posts, flood } = order;
  void attacks[order.attack]({ client, signal: ending.signal, note, patient, posts, flood }).then(() =>
    process.send!([...counts]),
  );
});
