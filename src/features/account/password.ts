import { availableParallelism } from "node:os";

import { hash, verify } from "@node-rs/argon2";

import { pause } from "../../foundation/clock.js";
import type { PasswordCost } from "../../kit/context.js";
import { makeTurns } from "../../foundation/fairness/turns.js";

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane (Password Storage Cheat Sheet). */
export const passwordCost: PasswordCost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** What a stored hash may ask of us at most: verifying obeys its parameters, wherever the row came from. */
const mostCost: PasswordCost = { memoryCost: 262_144, timeCost: 10, parallelism: 4 };

/**
 * A hash of the same cost that no password matches. Verifying against it makes a login with an unknown email take
 * the time of one with a wrong password.
 */
export const decoyHash = ({ memoryCost, timeCost, parallelism }: PasswordCost): string =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$bm8gcGFzc3dvcmQgaGVyZQ$${"A".repeat(43)}`;

// Hashing fills a core and its memory bus for tens of milliseconds, on the threads that also serve the database.
// More than two at a time make every reader wait; one core stays free where there are two.
const atOnce = Math.max(1, Math.min(2, availableParallelism() - 1));
// Whoever is the last to wait does so for some seconds at most. As many again may wait from addresses that are known.
const longestQueue = 100;
// Refused at once, clients that try again at once would keep the server busy with nothing else.
const refusalDelayMilliseconds = 1000;

/**
 * Runs `work` when it is its turn to hash: one or two turns run at a time, and addresses have them one after the other.
 * Check, count and try of a password take place in one turn, so that none of many tries at once passes uncounted. A
 * turn never waits for another.
 *
 * @throws KnownError `SERVICE_UNAVAILABLE` where too many wait; the signal's reason, where it comes before the turn does.
 */
export const inHashingTurn = makeTurns(atOnce, {
  longestQueue,
  beforeRefusal: () => pause(refusalDelayMilliseconds),
});

/** An argon2id hash in PHC form, with a salt of its own. Only in a hashing turn. */
export function hashPassword(password: string, cost = passwordCost): Promise<string> {
  return hash(password, cost);
}

/**
 * Whether `password` is the one behind `passwordHash`; give `undefined` where there is no account. Only in a hashing
 * turn.
 */
export async function passwordMatches(
  passwordHash: string | undefined,
  password: string,
  cost = passwordCost,
): Promise<boolean> {
  const bearable = passwordHash !== undefined && isBearable(passwordHash) ? passwordHash : undefined;
  const matches = await verify(bearable ?? decoyHash(cost), password);
  return bearable !== undefined && matches;
}

/** Whether a hash is of another cost than today's, and should be made anew when its password is at hand. */
export function isOutdated(passwordHash: string, cost = passwordCost): boolean {
  const parameters = parametersOf(passwordHash);
  return parameters === undefined || costs.some((name) => parameters[name] !== cost[name]);
}

function isBearable(passwordHash: string): boolean {
  const parameters = parametersOf(passwordHash);
  return parameters !== undefined && costs.every((name) => parameters[name] <= mostCost[name]);
}

const costs = ["memoryCost", "timeCost", "parallelism"] as const;

/** The parameters that an argon2id hash carries (https://github.com/P-H-C/phc-string-format). */
function parametersOf(passwordHash: string): PasswordCost | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$/.exec(passwordHash);
  if (match === null) return undefined;
  return { memoryCost: Number(match[1]), timeCost: Number(match[2]), parallelism: Number(match[3]) };
}
