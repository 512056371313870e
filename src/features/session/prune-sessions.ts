import { LockMode, raw, type EntityManager } from "@mikro-orm/core";

import type { Transaction } from "../../database/transaction.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { Session } from "./session.entity.js";

/** How long an ended session is remembered, so that its client is told why and not just that its token is unknown. */
const rememberedAfterEndSeconds = 7 * 24 * 60 * 60;

/** How many were deleted. */
type Pruned = { readonly sessions: number; readonly refreshTokens: number };

const sessionsAtOnce = 20;
const tokensAtOnce = 200;

/**
 * Deletes what no client can ask for any more, within the caller's transaction: sessions that ended a week ago, and
 * used refresh tokens that no answer depends on. Each sign-in and refresh deletes more than it adds, and none much,
 * so the tables stay bounded without a worker and nobody waits for a great cleaning.
 *
 * The rows are other users' too, whom the caller hasn't locked, so it waits for no lock: rows that another transaction
 * has locked are left to it. Call it once the caller's own changes are flushed.
 */
export async function prune(em: EntityManager, now: Date): Promise<Pruned> {
  const forgotten = new Date(now.getTime() - rememberedAfterEndSeconds * 1000);
  const sessions = await em.find(
    Session,
    { expiresAt: { $lt: forgotten } },
    {
      fields: ["id"],
      orderBy: { expiresAt: "asc" },
      limit: sessionsAtOnce,
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
      limit: tokensAtOnce,
      lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE,
    },
  );
  if (tokens.length > 0) await em.nativeDelete(RefreshToken, { hash: { $in: tokens.map(({ hash }) => hash) } });
  // A session whose tokens aren't all gone yet goes in a later step.
  const hasNoTokens = raw("not exists (select 1 from refresh_tokens where session_id = sessions.id)");
  const sessionCount = ended.length > 0 ? await em.nativeDelete(Session, { id: { $in: ended }, [hasNoTokens]: [] }) : 0;
  return { sessions: sessionCount, refreshTokens: tokens.length };
}

/** Deletes all of it, a few at a time, so that those who sign in meanwhile wait for none of it. */
export async function pruneAll(transaction: Transaction, now: Date): Promise<Pruned> {
  const all = { sessions: 0, refreshTokens: 0 };
  for (;;) {
    const { sessions, refreshTokens } = await transaction((em) => prune(em, now));
    if (sessions + refreshTokens === 0) return all;
    all.sessions += sessions;
    all.refreshTokens += refreshTokens;
  }
}
