import { once } from "node:events";

import { forkModule } from "../../child.js";
import type { Order } from "./attacker.js";
import type { AttackName } from "./attacks.js";
import type { FloodName } from "./floods.js";
import { tokenOf, type Client } from "../../client.js";

/** An attack that runs in a process of its own. */
export type RunningAttack = {
  /** For attacks that send once: resolves when everything was sent and answered. */
  readonly over: Promise<unknown>;
  /** Ends the attack. Returns how often each code was seen. */
  readonly stop: () => Promise<Map<string, number>>;
};

/** Starts an attack on behalf of a client. */
export async function startAttack(
  attack: AttackName,
  client: Client,
  options: { readonly patient?: boolean; readonly posts?: string; readonly flood?: FloodName } = {},
): Promise<RunningAttack> {
  const { patient = false, posts = "{ __typename }", flood = "repeated fields" } = options;
  const child = await forkModule(new URL("attacker.ts", import.meta.url));
  const token = tokenOf(client);
  const order: Order = {
    attack,
    url: client.url,
    address: client.headers["x-forwarded-for"]!,
    patient,
    posts,
    flood,
    ...(token !== undefined && { token }),
  };
  child.send(order);
  const over = Promise.race([once(child, "message"), once(child, "exit")]);
  return {
    over,
    async stop() {
      if (child.connected) child.send("stop");
      const [counts] = (await over) as [[string, number][] | number];
      child.kill("SIGKILL");
      return new Map(Array.isArray(counts) ? counts : [["the attacker ended", 1]]);
    },
  };
}
