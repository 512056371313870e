import { LockMode, type EntityManager } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Transaction } from "../../database/transaction.js";
import { KnownError } from "../../foundation/errors.js";
import type { SessionRules } from "../../foundation/config/session-rules.js";
import type { Client } from "../../kit/context.js";
import { lockUser } from "../user/user.service.js";
import { prune } from "./prune-sessions.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { hashOf, openSuccessor, sealSuccessor } from "./refresh-token.js";
import { Session } from "./session.entity.js";
import {
  addRefreshToken,
  endOfSession,
  endSession,
  grantTokens,
  noteEnded,
  type OpenedSession,
} from "./session.service.js";

type Refusal = {
  readonly reason: "UNKNOWN" | "EXPIRED" | "REUSED" | "SESSION_REVOKED";
  readonly session?: Session;
};

/**
 * Trades a refresh token for its successor and a new access token.
 *
 * A used token is answered with the session's newest refresh token within the grace after its first use (two tabs, a
 * repeated request), and for as long as its successor has never been used (an answer that was lost). Otherwise two
 * parties hold the session's tokens, and it ends: RFC 9700, section 4.14.2.
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
  // A refusal is the transaction's result: thrown inside, it would undo the ending that it reports.
  const outcome = await transaction(async (em): Promise<OpenedSession | Refusal> => {
    const found = await findToken(em, token);
    if (found === null) return { reason: "UNKNOWN" };
    const { session } = found;
    // Where a user was disabled all sessions ended, but for one that a server of the previous release has opened since.
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
    await prune(em, now);
    return grantTokens(session, newest, rules, now);
  });

  if ("reason" in outcome) throw refused(outcome, client);
  const { userId, sessionId } = outcome.viewer;
  client.note({ event: "session refreshed", userId, sessionId });
  return outcome;
}

/**
 * Ends the session of a refresh token, used or not, whoever asks. Answers how many ended: 0 for a token that is
 * unknown or whose session is over (RFC 7009, section 2.2).
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
  noteEnded(client, session.user.id, { count: 1, ids: [session.id] }, "logout");
  return 1;
}

/**
 * A token with its session, whose user is locked first and then the session itself. Of two requests with one token, the
 * second sees what the first one did.
 */
async function findToken(em: SqlEntityManager, token: string): Promise<RefreshToken | null> {
  const hash = hashOf(token);
  // Whose token it is never changes, so this much may be read before anything is locked.
  const [owner] = await em.execute<{ id: string; user_id: string }[]>(
    "select id, user_id from sessions where id = (select session_id from refresh_tokens where hash = ?)",
    [hash],
  );
  if (owner === undefined || (await lockUser(em, owner.user_id)) === null) return null;
  const session = await em.findOne(Session, { id: owner.id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  return session && em.findOne(RefreshToken, { hash });
}

/** Uses a token for the first time. Answers its successor. */
function rotate(em: EntityManager, used: RefreshToken, token: string, now: Date): string {
  const successor = addRefreshToken(em, used.session);
  Object.assign(used, { usedAt: now, sealedSuccessor: sealSuccessor(successor, token) });
  return successor;
}

/** The session's newest token, for who presents a used one with good reason; undefined where there is none. */
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
  // Each token opens the next one's seal, so who had one can be led to the end of the chain, and nobody else.
  while (row !== null && row.usedAt !== null) {
    newest = openSuccessor(row.sealedSuccessor!, newest);
    row = await em.findOne(RefreshToken, { hash: hashOf(newest) });
  }
  // Only a token that was used goes before its session does.
  return row === null ? undefined : newest;
}

/** Whether an access token could live until `end`: it ends with a whole second. */
function outlives(end: Date, now: Date): boolean {
  return Math.floor(end.getTime() / 1000) * 1000 > now.getTime();
}

function refused({ reason, session }: Refusal, client: Client): KnownError {
  const ids = session === undefined ? {} : { userId: session.user.id, sessionId: session.id };
  if (reason === "REUSED") {
    client.note({ event: "refresh token reused", ...ids });
    noteEnded(client, session!.user.id, { count: 1, ids: [session!.id] }, "reuse");
  } else client.note({ event: "refresh refused", ...ids, cause: reason });
  return new KnownError("INVALID_REFRESH_TOKEN", "The session can't be refreshed: sign in again", { reason });
}
