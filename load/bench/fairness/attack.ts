import { once } from "node:events";

import { forkModule } from "../../child.js";
import { clientOf, dataOf, type Client } from "../../client.js";
import { documents } from "../../documents.js";
import type { Server } from "../../server-process.js";
import { countIn } from "../../statistics.js";
import type { AttackName, FloodName, Order } from "./attacker.js";
import { signInAs } from "./users.js";

/** An attack as the benches run it. */
export type Attack = Pick<Order, "page" | "flood"> & {
  readonly row: number;
  readonly attack: AttackName;
  /** How long it lasts at most. */
  readonly seconds: number;
  /** In the siege, how long it rests before the next time. It isn't part of the siege without that. */
  readonly restSeconds?: number;
  readonly isAnonymous?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** The content of the posts that users create meanwhile, if it isn't an ordinary one. */
  readonly content?: string;
};

export const nameOf = ({ attack, flood, isAnonymous }: Attack) =>
  [attack, flood, isAnonymous === true && "anonymous"].filter(Boolean).join(", ");

/** Returns the document of a page of the attacker's long drafts with their content several times. */
const longDrafts = (first: number, contents: number): string => {
  const filter = "filter: { status: DRAFT }, orderBy: { field: CREATED_AT, direction: DESC }";
  const fields = Array.from({ length: contents }, (_, index) => `c${index}: content`).join(" ");
  return `{ posts(first: ${first}, ${filter}) { nodes { ${fields} } } }`;
};

const sendTimeout = { SEND_TIMEOUT: "3s" };
const oneSecond = { OPERATION_TIMEOUT: "1s" };
const open = { PUBLIC_READS: "true", INTROSPECTION: "true" };
const huge = longDrafts(100, 8);
const bodies: readonly FloodName[] = [
  "repeated fields",
  "repeated fragments",
  "lines of comments",
  "aliased introspection",
  "nested JSON",
  "wide JSON",
];

export const attacks: readonly Attack[] = [
  { row: 1, attack: "repeatedWords", seconds: 12, restSeconds: 8 },
  { row: 2, attack: "filtersByVotes", seconds: 6, settings: oneSecond },
  { row: 3, attack: "searches", seconds: 10, restSeconds: 20 },
  { row: 3, attack: "filtersByVotes", seconds: 10, restSeconds: 20 },
  { row: 3, attack: "counts", seconds: 10, restSeconds: 20 },
  { row: 3, attack: "aliasedSearches", seconds: 10, restSeconds: 10 },
  { row: 4, attack: "abandonedSearches", seconds: 5, restSeconds: 5 },
  { row: 5, attack: "hugePage", page: huge, seconds: 15 },
  { row: 5, attack: "fourHugePages", page: huge, seconds: 15, restSeconds: 10 },
  { row: 6, attack: "unreadPages", page: longDrafts(12, 2), seconds: 10, restSeconds: 5, settings: sendTimeout },
  { row: 7, attack: "unfinishedBodies", isAnonymous: true, seconds: 8, restSeconds: 12, content: "€".repeat(100_000) },
  { row: 8, attack: "wrongLogins", isAnonymous: true, seconds: 10, restSeconds: 10 },
  ...[true, false].flatMap((isAnonymous): Attack[] => {
    const shared = { row: 9, seconds: 3.5, isAnonymous, settings: open };
    const bySocket: readonly FloodName[] = [...bodies, "large pings"];
    return [
      ...bodies.map((flood): Attack => ({ ...shared, attack: "floodByHttp", flood })),
      ...bySocket.map((flood): Attack => ({ ...shared, attack: "floodBySocket", flood })),
    ];
  }),
];

/**
 * Starts an attack in a process of its own.
 *
 * @param attacker the client on whose behalf it attacks, unless the attack is anonymous.
 */
export async function startAttack({ attack, page, flood, isAnonymous }: Attack, attacker: Client, isPatient: boolean) {
  const { url, address, token } = isAnonymous === true ? clientOf(attacker.url, "10.3.0.1") : attacker;
  const child = await forkModule(new URL("attacker.ts", import.meta.url));
  child.send({ attack, url, address, token, isPatient, page, flood } satisfies Order);
  const over = Promise.race([once(child, "message"), once(child, "exit")]);
  return {
    /** Resolves when everything was sent and answered, if the attack ends by itself. */
    over,
    /** Ends the attack. Adds to the counts how often each code was seen. */
    async stop(counts: Map<string, number>): Promise<void> {
      if (child.connected) child.send("stop");
      const [seen] = (await over) as [[string, number][] | number];
      child.kill("SIGKILL");
      for (const [code, count] of Array.isArray(seen) ? seen : [["the attacker ended", 1] as const])
        countIn(counts, code, count);
    },
  };
}

/**
 * Signs the attacker in, with 100 posts of 100,000 characters that take six bytes each in JSON. They are drafts, so that
 * only their author sees them.
 */
export async function prepareAttacker(server: Server): Promise<Client> {
  const attacker = await signInAs(server, "ada");
  const input = { title: "Long", content: "\u0001".repeat(100_000), published: false };
  for (let count = 0; count < 100; count += 1) await dataOf(attacker.send(documents.createPost, { input }));
  return attacker;
}
