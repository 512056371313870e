import type { EntityManager } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import { LockMode } from "../../database/mikro-orm.js";
import type { Transaction } from "../../database/transaction.js";
import { KnownError } from "../../foundation/errors.js";
import type { SessionRules } from "../../foundation/config/session-rules.js";
import type { Client } from "../../kit/context.js";
import { lockUser } from "../user/user.service.js";
import { pruneSessions } from "./prune-sessions.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { hashOf, openSuccessor, sealSuccessor } from "./refresh-token.js";
import { Session } from "./session.entity.js";
import {
  addRefreshToken,
  endOfSession,
  endSession,
  issueTokens,
  logEnded,
  type OpenedSession,
} from "./session.service.js";

type Refusal = {
  readonly reason: "UNKNOWN" | "EXPIRED" | "REUSED" | "SESSION_REVOKED";
  readonly session?: Session;
};

/**
 * Exchanges a refresh token for its successor and a new access token.
 *
 * A used token still gets the session's newest refresh token during the grace period after its first use (two tabs, a
 * repeated request), and until its successor is used (a lost response). Otherwise two clients hold the session's tokens,
 * and the session ends: RFC 9700, section 4.14.2.
 *
 * @throws KnownError `INVALID_REFRESH_TOKEN` with the reason.
 */
export async function refreshSession(
  transaction: Transaction,
  token: string,
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  // A refusal is returned from the transaction. Thrown inside, it would roll back the end of the session that it reports.
  const outcome = await transaction(async (em): Promise<OpenedSession | Refusal> => {
    const found = await findToken(em, token);
    if (found === null) return { reason: "UNKNOWN" };
    const { session } = found;
    // Disabling a user ends all their sessions, but a server of the previous release may have opened one since.
    if (session.endedAt !== null || session.user.disabledAt !== null) return { reason: "SESSION_REVOKED", session };
    const end = endOfSession(session.createdAt, rules, now);
    if (now >= session.expiresAt || !outlives(end, now)) return { reason: "EXPIRED", session };

    const newest =
      found.usedAt === null ? rotate(em, found, token, now) : await newestFor(em, found, token, rules, now);
    if (newest === undefined) {
      endSession(session, now);
      return { reason: "REUSED", session };
    }
    Object.assign(session, { lastUsedAt: now, expiresAt: end });
    found.keptUntil = end;
    await em.flush();
    await pruneSessions(em, now);
    return issueTokens(session, newest, rules, now);
  });

  if ("reason" in outcome) throw refused(outcome, client);
  const { userId, sessionId } = outcome.viewer;
  client.note({ event: "session refreshed", userId, sessionId });
  return outcome;
}

/**
 * Ends the session of a refresh token, used or not. The token is the only credential.
 *
 * @returns how many sessions ended: 0 if the token is unknown or its session is over (RFC 7009, section 2.2).
 */
export async function logoutByRefreshToken(
  transaction: Transaction,
  token: string,
  client: Client,
  now: Date,
): Promise<number> {
  const session = await transaction(async (em) => {
    const found = (await findToken(em, token))?.session;
    if (found === undefined || found.endedAt !== null || now >= found.expiresAt) return undefined;
    endSession(found, now);
    return found;
  });
  if (session === undefined) return 0;
  logEnded(client, session.user.id, { count: 1, ids: [session.id] }, "logout");
  return 1;
}

/**
 * Finds a token and locks its user and then its session. Of two requests with one token, the second sees the changes of
 * the first.
 */
async function findToken(em: SqlEntityManager, token: string): Promise<RefreshToken | null> {
  const hash = hashOf(token);
  // The owner of a token never changes, so it may be read before anything is locked.
  const [owner] = await em.execute<{ id: string; user_id: string }[]>(
    "select id, user_id from sessions where id = (select session_id from refresh_tokens where hash = ?)",
    [hash],
  );
  if (owner === undefined || (await lockUser(em, owner.user_id)) === null) return null;
  const session = await em.findOne(Session, { id: owner.id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  return session && em.findOne(RefreshToken, { hash });
}

/** Marks a token as used, and returns its successor. */
function rotate(em: EntityManager, used: RefreshToken, token: string, now: Date): string {
  const successor = addRefreshToken(em, used.session);
  Object.assign(used, { usedAt: now, sealedSuccessor: sealSuccessor(successor, token) });
  return successor;
}

/** Returns the session's newest token for a used one; undefined if the used one is no longer accepted. */
async function newestFor(
  em: EntityManager,
  used: RefreshToken,
  token: string,
  rules: SessionRules,
  now: Date,
): Promise<string | undefined> {
  const graceEnds = used.usedAt!.getTime() + rules.refreshGraceSeconds * 1000;
  let newest = openSuccessor(used.sealedSuccessor!, token);
  let row = await em.findOne(RefreshToken, { hash: hashOf(newest) });
  if (row?.usedAt !== null && now.getTime() >= graceEnds) return undefined;
  // Each token decrypts the next one. So a token leads to the end of its chain, and nothing else does.
  while (row !== null && row.usedAt !== null) {
    newest = openSuccessor(row.sealedSuccessor!, newest);
    row = await em.findOne(RefreshToken, { hash: hashOf(newest) });
  }
  // Only used tokens are deleted before their session.
  return row === null ? undefined : newest;
}

/** Reports whether an access token that ends with `end` would be valid now. It ends with a whole second. */
function outlives(end: Date, now: Date): boolean {
  return Math.floor(end.getTime() / 1000) * 1000 > now.getTime();
}

function refused({ reason, session }: Refusal, client: Client): KnownError {
  const ids = session === undefined ? {} : { userId: session.user.id, sessionId: session.id };
  if (reason === "REUSED") {
    client.note({ event: "refresh token reused", ...ids });
    logEnded(client, session!.user.id, { count: 1, ids: [session!.id] }, "reuse");
  } else client.note({ event: "refresh refused", ...ids, cause: reason });
  return new KnownError("INVALID_REFRESH_TOKEN", "The session can't be refreshed: sign in again", { reason });
}
