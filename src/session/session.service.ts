import type { EntityManager } from "@mikro-orm/core";

import type { Auth, Viewer } from "../auth.js";
import { inTransaction } from "../database/database.js";
import { KnownError } from "../errors.js";
import { newId } from "../id.js";
import type { OperationReader } from "../database/reader.js";
import { sql } from "../database/sql.js";
import { User } from "../user/user.entity.js";
import type { Origin } from "./client.js";
import { prune } from "./prune.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { hashOf, newRefreshToken } from "./refresh-token.js";
import { Session } from "./session.entity.js";
import { readAccessToken, signAccessToken, type TokenRules } from "./token.js";

/** What decides how long sessions and their tokens live. */
export type SessionRules = TokenRules & {
  readonly refreshTokenTtlSeconds: number;
  readonly sessionMaxAgeSeconds: number;
  readonly refreshGraceSeconds: number;
};

/** A session just opened or renewed, with what its client is to hold. */
export type OpenedSession = {
  readonly viewer: Viewer;
  readonly accessToken: string;
  /** The access token's `exp`. */
  readonly expiresAt: Date;
  readonly refreshToken: string;
};

/** When a session used at `now` ends, unless it is used again before. */
export function endOfSession(createdAt: Date, rules: SessionRules, now: Date): Date {
  return new Date(
    Math.min(
      now.getTime() + rules.refreshTokenTtlSeconds * 1000,
      createdAt.getTime() + rules.sessionMaxAgeSeconds * 1000,
    ),
  );
}

/** Opens a session of the user's within the caller's transaction. */
export async function openSession(
  em: EntityManager,
  user: User,
  origin: Origin,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  await prune(em, now);
  const session = em.create(Session, {
    id: newId("session", now),
    user,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: endOfSession(now, rules, now),
    endedAt: null,
    userAgent: origin.userAgent,
  });
  em.persist(session);
  return grantTokens(session, addRefreshToken(em, session), rules, now);
}

/** Gives the session a new refresh token: its newest, and the only unused one. */
export function addRefreshToken(em: EntityManager, session: Session): string {
  const token = newRefreshToken();
  em.persist(
    em.create(RefreshToken, { hash: hashOf(token), session, usedAt: null, keptUntil: null, sealedSuccessor: null }),
  );
  return token;
}

/** What the session's client is given: this refresh token, and a new access token. */
export function grantTokens(session: Session, refreshToken: string, rules: SessionRules, now: Date): OpenedSession {
  const { user } = session;
  const signed = signAccessToken({ id: session.id, userId: user.id, expiresAt: session.expiresAt }, rules, now);
  return { viewer: { user, session }, ...signed, refreshToken };
}

/**
 * Judges the Authorization headers of a request at the instant `now`. Only a token that is good in itself costs a
 * read, of one session with its user by their ids, which waits for no write. Never throws for a credential.
 */
export async function judgeCredential(
  em: EntityManager,
  reader: OperationReader,
  authorization: readonly string[],
  rules: TokenRules,
  now: Date,
): Promise<Auth> {
  if (authorization.length === 0) return { state: "anonymous" };
  const token = bearerTokenOf(authorization);
  if (token === undefined) return { state: "invalid" };
  const reading = readAccessToken(token, rules, now);
  if (reading.state !== "good") return reading;

  const [row] = await reader.all<ViewerRow>(viewerStatement(reading));
  if (row === undefined) return { state: "gone" };
  if (row.id === null) return { state: "revoked" };
  const { name, email, email_key, password_hash, joined_at, ...sessionRow } = row;
  const user = em.map(User, { id: row.user_id, name, email, email_key, password_hash, created_at: joined_at });
  const session = em.map(Session, sessionRow);
  // Ended is ended, though it be by a process whose clock is ahead of this one's.
  if (session.endedAt !== null || now >= session.expiresAt) return { state: "revoked" };
  return { state: "viewer", viewer: { user, session } };
}

/** A user, whole, with one of their sessions, which may be gone; dates in milliseconds since 1970. */
type ViewerRow = {
  readonly user_id: string;
  readonly name: string;
  readonly email: string;
  readonly email_key: string;
  readonly password_hash: string;
  readonly joined_at: number;
  readonly id: string | null;
};

const viewerStatement = ({ userId, sessionId }: { readonly userId: string; readonly sessionId: string }) =>
  sql`select u.id as user_id, u.name, u.email, u.email_key, u.password_hash, u.created_at as joined_at,
      s.id, s.created_at, s.last_used_at, s.expires_at, s.ended_at, s.user_agent
    from users u left join sessions s on s.id = ${sessionId} and s.user_id = u.id where u.id = ${userId}`;

/** RFC 6750, section 2.1; the scheme's name in any case (RFC 9110, section 11.1). Two headers are no credential. */
function bearerTokenOf(authorization: readonly string[]): string | undefined {
  if (authorization.length !== 1) return undefined;
  return /^bearer +([\w.-]+)$/i.exec(authorization[0]!)?.[1];
}

/** The user's sessions that are live at `now`, newest first. */
export function listSessions(em: EntityManager, userId: string, now: Date): Promise<Session[]> {
  return em.find(
    Session,
    { user: userId, endedAt: null, expiresAt: { $gt: now } },
    { orderBy: [{ createdAt: "desc" }, { id: "desc" }] },
  );
}

/**
 * Ends the viewer's live sessions that `which` says, from the next operation on, within the caller's transaction.
 *
 * @returns the ids of those that ended.
 */
export async function endSessions(
  em: EntityManager,
  user: User,
  which: (session: Session) => boolean,
  now: Date,
): Promise<string[]> {
  const ending = (await listSessions(em, user.id, now)).filter(which);
  for (const session of ending) endSession(session, now);
  return ending.map(({ id }) => id);
}

/** Marks a session as ended; those that are over already stay as they are. */
export function endSession(session: Session, now: Date): void {
  if (session.endedAt !== null || now >= session.expiresAt) return;
  session.endedAt = now;
  session.expiresAt = now;
}

/** Ends every session of the viewer's, this one too. Answers how many. */
export async function logoutEverywhere(
  em: EntityManager,
  { user }: Viewer,
  origin: Origin,
  now: Date,
): Promise<number> {
  const ended = await inTransaction(em, (em) => endSessions(em, user, () => true, now));
  noteEnded(origin, user, ended, "logout everywhere");
  return ended.length;
}

/** Ends the viewer's session. Answers how many ended, which is 0 where another request was faster. */
export async function logout(em: EntityManager, viewer: Viewer, origin: Origin, now: Date): Promise<number> {
  const { user } = viewer;
  const ended = await inTransaction(em, (em) => endSessions(em, user, ({ id }) => id === viewer.session.id, now));
  noteEnded(origin, user, ended, "logout");
  return ended.length;
}

/**
 * Ends one session of the viewer's.
 *
 * @throws KnownError `NOT_FOUND` where the viewer has no such live session.
 */
export async function revokeSession(
  em: EntityManager,
  { user }: Viewer,
  sessionId: string,
  origin: Origin,
  now: Date,
): Promise<void> {
  const ended = await inTransaction(em, (em) => endSessions(em, user, ({ id }) => id === sessionId, now));
  if (ended.length === 0) throw new KnownError("NOT_FOUND", "There is no such session");
  noteEnded(origin, user, ended, "revoked");
}

/** Notes each session that ended. */
export function noteEnded(origin: Origin, user: User, sessionIds: readonly string[], cause: string): void {
  for (const sessionId of sessionIds) origin.note({ event: "session ended", userId: user.id, sessionId, cause });
}
