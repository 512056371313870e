import type { SqlEntityManager } from "@mikro-orm/knex";

import { LockMode, raw } from "../../database/mikro-orm.js";
import type { Transaction } from "../../database/transaction.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { Session } from "./session.entity.js";

/** An ended session is kept this long, so that its client learns the reason instead of only "unknown token". */
const rememberedAfterEndSeconds = 7 * 24 * 60 * 60;

/** Numbers of deleted rows. */
type Pruned = { readonly sessions: number; readonly refreshTokens: number };

const sessionBatch = 20;
const tokenBatch = 200;

/**
 * Deletes a batch of rows that no client can use, within the caller's transaction: sessions that ended a week ago, and
 * used refresh tokens that no response depends on. Each sign-in and refresh deletes a few more rows than it adds, so the
 * tables stay bounded without a worker or a long clean-up.
 *
 * Some of the rows belong to users whom the caller has not locked. It therefore waits for no lock, and skips rows that
 * another transaction has locked. The caller flushes its own changes first.
 */
export async function pruneSessions(em: SqlEntityManager, now: Date): Promise<Pruned> {
  const forgotten = new Date(now.getTime() - rememberedAfterEndSeconds * 1000);
  if (!(await isAnyDue(em, forgotten, now))) return { sessions: 0, refreshTokens: 0 };
  const sessions = await em.find(
    Session,
    { expiresAt: { $lt: forgotten } },
    {
      fields: ["id"],
      orderBy: { expiresAt: "asc" },
      limit: sessionBatch,
      lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE,
    },
  );
  const ended = sessions.map(({ id }) => id);
  const tokens = await em.find(
    RefreshToken,
    { $or: [{ session: { $in: ended } }, { keptUntil: { $lt: now } }] },
    {
      fields: ["hash"],
      orderBy: { keptUntil: "asc" },
      limit: tokenBatch,
      lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE,
    },
  );
  if (tokens.length > 0) await em.nativeDelete(RefreshToken, { hash: { $in: tokens.map(({ hash }) => hash) } });
  // A session that still has tokens is deleted in a later batch.
  const hasNoTokens = raw("not exists (select 1 from refresh_tokens where session_id = sessions.id)");
  const sessionCount = ended.length > 0 ? await em.nativeDelete(Session, { id: { $in: ended }, [hasNoTokens]: [] }) : 0;
  return { sessions: sessionCount, refreshTokens: tokens.length };
}

/** Reports whether there is anything to delete. Most often there is not, and one statement by SQL is cheap. */
async function isAnyDue(em: SqlEntityManager, forgotten: Date, now: Date): Promise<boolean> {
  const [found] = await em.execute<{ due: unknown }[]>(
    `select exists (select 1 from sessions where expires_at < ?)
      or exists (select 1 from refresh_tokens where kept_until < ?) as due`,
    [forgotten.getTime(), now.getTime()],
  );
  return Boolean(found!.due);
}

/** Deletes all such rows in batches, so that sign-ins don't wait for them. */
export async function pruneAll(transaction: Transaction, now: Date): Promise<Pruned> {
  const all = { sessions: 0, refreshTokens: 0 };
  for (;;) {
    const { sessions, refreshTokens } = await transaction((em) => pruneSessions(em, now));
    if (sessions + refreshTokens === 0) return all;
    all.sessions += sessions;
    all.refreshTokens += refreshTokens;
  }
}
