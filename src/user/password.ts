import { availableParallelism } from "node:os";

import { hash, verify } from "@node-rs/argon2";

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane (Password Storage Cheat Sheet). */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/**
 * A hash of the same cost that no password matches. Verifying against it makes a login with an unknown email take
 * the time of one with a wrong password.
 */
export const decoyHash =
  "$argon2id$v=19$m=19456,t=2,p=1$bm8gcGFzc3dvcmQgaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

// Hashing fills a core and its memory bus for tens of milliseconds, on the threads that also serve the database.
// More than two at a time make every reader wait; one core stays free where there are two.
const hashingPlaces = Math.max(1, Math.min(2, availableParallelism() - 1));
let free = hashingPlaces;
const waiting: (() => void)[] = [];

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

/** An argon2id hash in PHC form, with a salt of its own. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, cost));
}

/** Whether `password` is the one behind `passwordHash`; give `undefined` where there is no account. */
export async function passwordMatches(passwordHash: string | undefined, password: string): Promise<boolean> {
  const matches = await inTurn(() => verify(passwordHash ?? decoyHash, password));
  return passwordHash !== undefined && matches;
}
