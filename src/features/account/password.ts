import { availableParallelism } from "node:os";

import { hash, verify } from "@node-rs/argon2";

import { pause } from "../../foundation/clock.js";
import type { PasswordCost } from "../../kit/context.js";
import { fairLimiter } from "../../foundation/fairness/fair-limiter.js";

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane (Password Storage Cheat Sheet). */
export const passwordCost: PasswordCost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The highest cost that is accepted of a stored hash, since verifying uses the parameters in the hash. */
const mostCost: PasswordCost = { memoryCost: 262_144, timeCost: 10, parallelism: 4 };

/**
 * A hash of the same cost that no password matches. Verifying against it makes a login with an unknown email take
 * the time of one with a wrong password.
 */
export const decoyHash = ({ memoryCost, timeCost, parallelism }: PasswordCost): string =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$bm8gcGFzc3dvcmQgaGVyZQ$${"A".repeat(43)}`;

// Hashing fills a core and its memory bus for tens of milliseconds, on the threads that also serve the database.
// More than two at a time would delay every read. One core stays free if there are two.
const atOnce = Math.max(1, Math.min(2, availableParallelism() - 1));
// The last in the queue waits a few seconds. Another 100 from known addresses may wait besides.
const longestQueue = 100;
// If they were refused at once, clients that retry at once would keep the server busy.
const refusalDelayMilliseconds = 1000;

/**
 * Queues `work` that hashes: one or two turns run at a time, and the addresses take turns. The check, the count and the
 * verification of a password are in one turn, so none of many attempts at once escapes the count. A turn never waits for
 * another.
 *
 * @throws KnownError `SERVICE_UNAVAILABLE` if too many wait; the signal's reason, if it aborts before the turn starts.
 */
export const inHashingTurn = fairLimiter(atOnce, {
  longestQueue,
  beforeRefusal: () => pause(refusalDelayMilliseconds),
});

/** Returns an argon2id hash in PHC form, with a new salt. Call it in a hashing turn. */
export function hashPassword(password: string, cost = passwordCost): Promise<string> {
  return hash(password, cost);
}

/**
 * Reports whether `password` matches `passwordHash`, which is undefined if there is no account. Call it in a hashing turn.
 */
export async function passwordMatches(
  passwordHash: string | undefined,
  password: string,
  cost = passwordCost,
): Promise<boolean> {
  const affordable = passwordHash !== undefined && isAffordable(passwordHash) ? passwordHash : undefined;
  const matches = await verify(affordable ?? decoyHash(cost), password);
  return affordable !== undefined && matches;
}

/** Reports whether a hash has another cost than the current one, so that its password should be hashed again. */
export function isOutdated(passwordHash: string, cost = passwordCost): boolean {
  const parameters = parametersOf(passwordHash);
  return parameters === undefined || costs.some((name) => parameters[name] !== cost[name]);
}

function isAffordable(passwordHash: string): boolean {
  const parameters = parametersOf(passwordHash);
  return parameters !== undefined && costs.every((name) => parameters[name] <= mostCost[name]);
}

const costs = ["memoryCost", "timeCost", "parallelism"] as const;

/** Returns the parameters in an argon2id hash (https://github.com/P-H-C/phc-string-format). */
function parametersOf(passwordHash: string): PasswordCost | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$/.exec(passwordHash);
  if (match === null) return undefined;
  return { memoryCost: Number(match[1]), timeCost: Number(match[2]), parallelism: Number(match[3]) };
}
