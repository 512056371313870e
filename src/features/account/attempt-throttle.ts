import { createHash } from "node:crypto";

import { LockMode, type EntityManager } from "@mikro-orm/core";

import type { OperationReader } from "../../database/reader.js";
import { texts } from "../../database/dialect.js";
import { Sql, sql } from "../../database/sql.js";
import { KnownError } from "../../foundation/errors.js";
import { Attempt } from "./attempt.entity.js";

/** After this many failures each next try has to wait. */
const freeFailures = { account: 10, address: 100 } as const;
/** The first wait; each further failure doubles it. */
const firstWaitSeconds = 30;
const longestWaitSeconds = 15 * 60;
/** In this time as many failures are forgotten as are free, one after the other. */
const forgottenInSeconds = 24 * 60 * 60;
/** An address that signed an account in this recently isn't held up by what others do to the account. */
const knownForSeconds = 30 * 24 * 60 * 60;

/** Which counters a try goes to. Unknown emails are counted like known ones. */
export type Attempted = {
  /** What stands for the account: the key of its email address. */
  readonly account: string;
  /** What stands for the client's address; see `addressKeyOf`. */
  readonly addressKey: string;
};

/**
 * Refuses a try that has to wait. Changes nothing, so that trying while waiting doesn't make it longer.
 *
 * @throws KnownError `TOO_MANY_ATTEMPTS` with `retryAfterSeconds`.
 */
export async function refuseWhileWaiting(reader: OperationReader, attempted: Attempted, now: Date): Promise<void> {
  const { pair, account, address } = keysOf(attempted);
  const found = await readAttempts(reader, [pair, account, address]);
  const of = (key: string) => found.find((attempt) => attempt.key === key);
  refuseUntil([of(pair), of(address), ...(isKnown(of(pair), now) ? [] : [of(account)])], now);
}

/** Whether the address has signed the account in lately. */
export async function isKnownAddress(reader: OperationReader, attempted: Attempted, now: Date): Promise<boolean> {
  const [ofPair] = await readAttempts(reader, [keysOf(attempted).pair]);
  return isKnown(ofPair, now);
}

function isKnown(ofPair: StoredAttempt | undefined, now: Date): boolean {
  return ofPair?.succeededAt != null && now.getTime() - ofPair.succeededAt < knownForSeconds * 1000;
}

/** Dates in milliseconds since 1970. */
type StoredAttempt = {
  readonly key: string;
  readonly waitsUntil: number | null;
  readonly succeededAt: number | null;
};

function readAttempts(reader: OperationReader, keys: readonly string[]): Promise<StoredAttempt[]> {
  return reader.all(
    sql`select key, waits_until as "waitsUntil", succeeded_at as "succeededAt" from attempts where key in (select value from ${texts(sql`${JSON.stringify(keys)}`, new Sql("i"))})`,
  );
}

/** Counts a wrong password, in a transaction of its own, so that nothing that follows can undo it. */
export async function recordFailure(em: EntityManager, attempted: Attempted, now: Date): Promise<void> {
  const { pair, account, address } = keysOf(attempted);
  const [ofPair, ofAccount, ofAddress] = await attemptsOf(em, [pair, account, address], now);
  fail(ofPair!, freeFailures.account, now);
  fail(ofAccount!, freeFailures.account, now);
  fail(ofAddress!, freeFailures.address, now);
  await pruneAttempts(em, now);
}

/**
 * Clears the account's counters, within the caller's transaction; not the address's, which others may share. An account
 * that nobody failed at has no counter of its own, like one that isn't there, so that neither is quicker to count.
 */
export async function recordSuccess(em: EntityManager, attempted: Attempted, now: Date): Promise<void> {
  const { pair, account } = keysOf(attempted);
  const found = await lockAttempts(em, [pair, account]);
  const ofPair = found.get(pair) ?? addAttempt(em, pair, now);
  Object.assign(ofPair, { failures: 0, waitsUntil: null, succeededAt: now, touchedAt: now });
  await em.nativeDelete(Attempt, { key: account });
  await pruneAttempts(em, now);
}

/** Forgets, within the caller's transaction, how often the account's password was wrong over all addresses. */
export async function forgetFailures(em: EntityManager, account: string): Promise<void> {
  await em.nativeDelete(Attempt, { key: keysOf({ account, addressKey: "" }).account });
}

/**
 * Counts a registration for its address, or refuses it while the address has to wait.
 *
 * @throws KnownError `TOO_MANY_ATTEMPTS` with `retryAfterSeconds`.
 */
export async function countRegistration(em: EntityManager, addressKey: string, now: Date): Promise<void> {
  const [attempt] = await attemptsOf(em, [keysOf({ account: "", addressKey }).address], now);
  refuseUntil([attempt && { waitsUntil: attempt.waitsUntil?.getTime() ?? null }], now);
  fail(attempt!, freeFailures.address, now);
}

function keysOf({ account, addressKey }: Attempted) {
  return {
    pair: keyOf("pair", account, addressKey),
    account: keyOf("account", account),
    address: keyOf("address", addressKey),
  };
}

function keyOf(...parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

/** The counters of these keys, in their order; new ones where there are none. */
async function attemptsOf(em: EntityManager, keys: readonly string[], now: Date): Promise<Attempt[]> {
  const attempts = await lockAttempts(em, keys);
  for (const key of keys.toSorted()) if (!attempts.has(key)) attempts.set(key, addAttempt(em, key, now));
  return keys.map((key) => attempts.get(key)!);
}

/** Locks those of these counters that there are, in the order of their keys, which every transaction keeps to. */
async function lockAttempts(em: EntityManager, keys: readonly string[]): Promise<Map<string, Attempt>> {
  const found = await em.find(
    Attempt,
    { key: { $in: [...keys] } },
    { orderBy: { key: "asc" }, lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  return new Map(found.map((attempt) => [attempt.key, attempt]));
}

function addAttempt(em: EntityManager, key: string, now: Date): Attempt {
  const created = em.create(Attempt, { key, failures: 0, waitsUntil: null, succeededAt: null, touchedAt: now });
  em.persist(created);
  return created;
}

function fail(attempt: Attempt, free: number, now: Date): void {
  forget(attempt, free, now);
  attempt.failures += 1;
  const beyond = attempt.failures - free;
  if (beyond < 0) return;
  // Past some twenty doublings the power would be no number to add to a date.
  const waitSeconds = Math.min(firstWaitSeconds * 2 ** Math.min(beyond, 20), longestWaitSeconds);
  attempt.waitsUntil = new Date(now.getTime() + waitSeconds * 1000);
}

/** Forgets failures as time goes, not all at once: an address with many people behind it has no day without one. */
function forget(attempt: Attempt, free: number, now: Date): void {
  const interval = (forgottenInSeconds / free) * 1000;
  const forgotten = Math.max(0, Math.floor((now.getTime() - attempt.touchedAt.getTime()) / interval));
  if (forgotten >= attempt.failures) Object.assign(attempt, { failures: 0, touchedAt: now });
  else {
    attempt.failures -= forgotten;
    // What is left of the last interval counts towards the next.
    attempt.touchedAt = new Date(attempt.touchedAt.getTime() + forgotten * interval);
  }
}

function refuseUntil(attempts: readonly (Pick<StoredAttempt, "waitsUntil"> | undefined)[], now: Date): void {
  const ends = attempts.map((attempt) => attempt?.waitsUntil ?? 0);
  const leftMilliseconds = Math.max(0, ...ends) - now.getTime();
  if (leftMilliseconds <= 0) return;
  const retryAfterSeconds = Math.ceil(leftMilliseconds / 1000);
  throw new KnownError("TOO_MANY_ATTEMPTS", "Too many attempts: wait before the next", { retryAfterSeconds });
}

/**
 * Forgets what no longer counts, a few at a time, so that nobody waits for it and no worker has to. Rows that another
 * transaction has locked are left to it.
 */
async function pruneAttempts(em: EntityManager, now: Date): Promise<void> {
  const old = await em.find(
    Attempt,
    { touchedAt: { $lt: new Date(now.getTime() - knownForSeconds * 1000) } },
    { fields: ["key"], limit: 50, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
  );
  if (old.length > 0) await em.nativeDelete(Attempt, { key: { $in: old.map(({ key }) => key) } });
}
