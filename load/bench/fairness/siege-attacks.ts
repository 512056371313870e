import { setTimeout as pause } from "node:timers/promises";

import { startAttack } from "./attack.js";
import type { AttackName } from "./attacks.js";
import type { Client } from "../../client.js";
import * as documents from "./documents.js";
import { wordsFor } from "../../probe.js";
import type { Server } from "../../server-process.js";
import { member, stranger } from "./stage.js";

/** How long an attack lasts before it starts again, and how long it rests in between. */
const rounds: readonly { readonly attack: AttackName; readonly seconds: number; readonly restSeconds: number }[] = [
  { attack: "repeatedWords", seconds: 12, restSeconds: 8 },
  { attack: "searches", seconds: 10, restSeconds: 20 },
  { attack: "narrowByVotes", seconds: 10, restSeconds: 20 },
  { attack: "counts", seconds: 10, restSeconds: 20 },
  { attack: "aliasedSearches", seconds: 10, restSeconds: 10 },
  { attack: "abandonedSearches", seconds: 3, restSeconds: 5 },
  { attack: "fourEightfoldPages", seconds: 15, restSeconds: 10 },
  { attack: "deafSockets", seconds: 10, restSeconds: 5 },
  { attack: "unfinishedBodies", seconds: 8, restSeconds: 12 },
  { attack: "wrongLogins", seconds: 10, restSeconds: 10 },
];

/** Creates the large posts that the attacks query, as drafts, so that only the attacker sees them. */
export async function prepareAttacker(server: Server): Promise<Client> {
  const ada = await member(server, "ada", 0);
  for (let count = 0; count < 100; count += 1) {
    const content = (count % 2 === 0 ? "\u0001" : "x").repeat(100_000);
    await ada.send(documents.createPost, { input: { title: "Large", content, published: false } });
  }
  return ada;
}

/**
 * Runs all attacks for so long, each round after round. In half of the rounds, clients respect Retry-After. Returns how
 * often each code was seen.
 */
export async function attackInRotation(
  server: Server,
  attacker: Client,
  milliseconds: number,
): Promise<Record<string, string>> {
  const end = performance.now() + milliseconds;
  const drafts = (first: number) =>
    `posts(first: ${first}, filter: { status: DRAFT }, orderBy: { field: CREATED_AT, direction: DESC })`;

  const going = rounds.map(async ({ attack, seconds, restSeconds }, index) => {
    const seen = new Map<string, number>();
    await pause(index * 500);
    for (let round = 0; performance.now() < end && !server.hasCrashed(); round += 1) {
      const signedOut = attack === "wrongLogins" || attack === "unfinishedBodies";
      const running = await startAttack(attack, signedOut ? stranger(server) : attacker, {
        patient: round % 2 === 1,
        // The sockets query some 14 MB, which is within the limits.
        posts: attack === "deafSockets" ? `{ ${drafts(20)} { nodes { content c0: content } } }` : drafts(100),
      });
      await pause(Math.min(seconds * 1000, Math.max(0, end - performance.now())));
      for (const [code, count] of await running.stop()) seen.set(code, (seen.get(code) ?? 0) + count);
      await pause(Math.min(restSeconds * 1000, Math.max(0, end - performance.now())));
    }
    return [attack, wordsFor(seen)] as const;
  });
  return Object.fromEntries(await Promise.all(going));
}
