import { randomInt } from "node:crypto";

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

// One factory for the process: within a millisecond, and when the clock steps back, the next id still sorts last.
// randomInt() takes random bytes from a buffer of Node's. The library's own source asks the system for each of 16 letters.
const nextUlid = monotonicFactory(() => randomInt(256) / 256);

/** Returns a globally unique id that sorts by creation, such as `post_01JDA…` (a ULID, https://github.com/ulid/spec). */
export function newId(kind: IdKind, now: Date): string {
  return `${kind}_${nextUlid(now.getTime())}`;
}

/** Reports whether `id` has the form of an id of this kind. A client may send any text as an id. */
export function isId(kind: IdKind, id: string): boolean {
  const prefix = `${kind}_`;
  return id.startsWith(prefix) && ulidForm.test(id.slice(prefix.length));
}
