import { createHash } from "node:crypto";

import type { EntityManager } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import { LockMode } from "../../database/mikro-orm.js";
import type { OperationReader } from "../../database/operation-reader.js";
import { texts } from "../../database/dialect.js";
import { Sql, sql, type Dialect } from "../../database/sql.js";
import { KnownError } from "../../foundation/errors.js";
import { Attempt } from "./attempt.entity.js";

/** After this many failures, each further attempt has to wait. */
const freeFailures = { account: 10, address: 100 } as const;
/** The first wait; each further failure doubles it. */
const firstWaitSeconds = 30;
const longestWaitSeconds = 15 * 60;
/** The free failures are forgotten one after the other during this time. */
const forgottenInSeconds = 24 * 60 * 60;
/** An address that signed the account in this recently doesn't wait for the failures of others. */
const knownForSeconds = 30 * 24 * 60 * 60;

/** The account and the address of an attempt. Unknown emails are counted like known ones. */
export type AttemptSource = {
  /** The key of the account's email address; see `emailKeyOf`. */
  readonly account: string;
  /** The key of the client's address; see `addressKeyOf`. */
  readonly addressKey: string;
};

/**
 * Refuses an attempt that has to wait. It changes nothing, so attempts during the wait don't extend it.
 *
 * @throws KnownError `TOO_MANY_ATTEMPTS` with `retryAfterSeconds`.
 */
export async function refuseWhileWaiting(reader: OperationReader, source: AttemptSource, now: Date): Promise<void> {
  const { pair, account, address } = keysOf(source);
  const found = await readAttempts(reader, [pair, account, address]);
  const of = (key: string) => found.find((attempt) => attempt.key === key);
  refuseUntil([of(pair), of(address), ...(isKnown(of(pair), now) ? [] : [of(account)])], now);
}

/** Reports whether the address has signed the account in recently. */
export async function isKnownAddress(reader: OperationReader, source: AttemptSource, now: Date): Promise<boolean> {
  const [ofPair] = await readAttempts(reader, [keysOf(source).pair]);
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

/** Counts a wrong password. Call it in a transaction of its own, so that nothing later can roll it back. */
export async function recordFailure(em: SqlEntityManager, source: AttemptSource, now: Date): Promise<void> {
  const { pair, account, address } = keysOf(source);
  const [ofPair, ofAccount, ofAddress] = await attemptsOf(em, [pair, account, address], now);
  countFailure(ofPair!, freeFailures.account, now);
  countFailure(ofAccount!, freeFailures.account, now);
  countFailure(ofAddress!, freeFailures.address, now);
  await pruneAttempts(em, now);
}

/**
 * Clears the account's counters, within the caller's transaction. The address's counter stays, since others may share the
 * address. An account without failures has no counter, just as an unknown account, so the two take equally long to count.
 */
export async function recordSuccess(
  em: SqlEntityManager,
  { name }: Dialect,
  source: AttemptSource,
  now: Date,
): Promise<void> {
  const { pair, account } = keysOf(source);
  // In the order in which every transaction locks them. On SQLite the transaction is the lock.
  if (name === "postgresql")
    await em.execute("select 1 from attempts where key in (?, ?) order by key for update", [pair, account]);
  await em.execute(
    `insert into attempts (key, failures, succeeded_at, touched_at) values (?, 0, ?, ?)
      on conflict (key) do update set failures = 0, waits_until = null,
        succeeded_at = excluded.succeeded_at, touched_at = excluded.touched_at`,
    [pair, now.getTime(), now.getTime()],
    "run",
  );
  await em.execute("delete from attempts where key = ?", [account], "run");
  await pruneAttempts(em, now);
}

/** Forgets the failures at the account from all addresses together, within the caller's transaction. */
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
  countFailure(attempt!, freeFailures.address, now);
}

function keysOf({ account, addressKey }: AttemptSource) {
  return {
    pair: keyOf("pair", account, addressKey),
    account: keyOf("account", account),
    address: keyOf("address", addressKey),
  };
}

function keyOf(...parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

/** Returns the counters with these keys, in their order, and creates those that are missing. */
async function attemptsOf(em: EntityManager, keys: readonly string[], now: Date): Promise<Attempt[]> {
  const attempts = await lockAttempts(em, keys);
  for (const key of keys.toSorted()) if (!attempts.has(key)) attempts.set(key, addAttempt(em, key, now));
  return keys.map((key) => attempts.get(key)!);
}

/** Locks the counters that exist. Every transaction locks them in the order of their keys. */
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

function countFailure(attempt: Attempt, free: number, now: Date): void {
  forget(attempt, free, now);
  attempt.failures += 1;
  const beyond = attempt.failures - free;
  if (beyond < 0) return;
  // With many more doublings, the wait would be too large to add to a date.
  const waitSeconds = Math.min(firstWaitSeconds * 2 ** Math.min(beyond, 20), longestWaitSeconds);
  attempt.waitsUntil = new Date(now.getTime() + waitSeconds * 1000);
}

/** Forgets failures one by one as time passes: an address shared by many people never has a day without failures. */
function forget(attempt: Attempt, free: number, now: Date): void {
  const interval = (forgottenInSeconds / free) * 1000;
  const forgotten = Math.max(0, Math.floor((now.getTime() - attempt.touchedAt.getTime()) / interval));
  if (forgotten >= attempt.failures) Object.assign(attempt, { failures: 0, touchedAt: now });
  else {
    attempt.failures -= forgotten;
    // The rest of the last interval counts towards the next.
    attempt.touchedAt = new Date(attempt.touchedAt.getTime() + forgotten * interval);
  }
}

function refuseUntil(attempts: readonly (Pick<StoredAttempt, "waitsUntil"> | undefined)[], now: Date): void {
  const ends = attempts.map((attempt) => attempt?.waitsUntil ?? 0);
  const leftMilliseconds = Math.max(0, ...ends) - now.getTime();
  if (leftMilliseconds <= 0) return;
  const retryAfterSeconds = Math.ceil(leftMilliseconds / 1000);
  throw new KnownError("TOO_MANY_ATTEMPTS", "Too many attempts; wait before the next", { retryAfterSeconds });
}

/**
 * Deletes a batch of counters that no longer count, so that neither a worker nor a long clean-up is needed. It skips rows
 * that another transaction has locked.
 */
async function pruneAttempts(em: SqlEntityManager, now: Date): Promise<void> {
  const forgotten = new Date(now.getTime() - knownForSeconds * 1000);
  // Most often there are none, and one statement by SQL is cheap.
  const due = await em.execute<unknown[]>("select 1 from attempts where touched_at < ? limit 1", [forgotten.getTime()]);
  if (due.length === 0) return;
  const old = await em.find(
    Attempt,
    { touchedAt: { $lt: forgotten } },
    { fields: ["key"], limit: 50, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
  );
  if (old.length > 0) await em.nativeDelete(Attempt, { key: { $in: old.map(({ key }) => key) } });
}
