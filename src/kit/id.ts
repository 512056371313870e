import { randomFillSync } from "node:crypto";

import { monotonicFactory } from "ulid";

/**
 * The kinds of ids of an application's own features, named here for the compiler:
 * `declare module "postern" { interface AddedIdKinds { bookmark: true } }`.
 */
// oxlint-disable-next-line typescript/consistent-type-definitions, typescript/no-empty-object-type -- to be added to
export interface AddedIdKinds {}

export type IdKind = "user" | "session" | "post" | keyof AddedIdKinds;

// As they are made: Crockford's alphabet, in upper case.
const ulidForm = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

// Random bytes for some ids at once: each letter of each would otherwise be a call to the system.
const random = { bytes: Buffer.alloc(512), used: 512 };
function nextRandom(): number {
  if (random.used === random.bytes.length) {
    randomFillSync(random.bytes);
    random.used = 0;
  }
  return random.bytes[random.used++]! / 256;
}

// One factory for the process: within a millisecond, and when the clock steps back, the next id still sorts last.
const nextUlid = monotonicFactory(nextRandom);

/** Returns a globally unique id that sorts by creation, such as `post_01JDA…` (a ULID, https://github.com/ulid/spec). */
export function newId(kind: IdKind, now: Date): string {
  return `${kind}_${nextUlid(now.getTime())}`;
}

/** Reports whether `id` has the form of an id of this kind. A client may send any text as an id. */
export function isId(kind: IdKind, id: string): boolean {
  const prefix = `${kind}_`;
  return id.startsWith(prefix) && ulidForm.test(id.slice(prefix.length));
}
