import { LockMode, type EntityManager } from "@mikro-orm/core";

import type { Auth, Viewer } from "../auth.js";
import { newId } from "../id.js";
import { User } from "../user/user.entity.js";
import type { SessionRules } from "../config/session-rules.js";
import type { Client, Context } from "../context.js";
import { prune } from "./prune.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { hashOf, newRefreshToken } from "./refresh-token.js";
import { Session } from "./session.entity.js";
import { signAccessToken } from "./token.js";

/** A session just opened or renewed, with what its client is to hold. */
export type OpenedSession = {
  readonly viewer: Viewer;
  /** When the session ends, unless it is used again before. */
  readonly sessionExpiresAt: Date;
  readonly accessToken: string;
  /** The access token's `exp`. */
  readonly expiresAt: Date;
  readonly refreshToken: string;
};

type Authenticated = Extract<Auth, { readonly state: "viewer" }>;

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
  client: Client,
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
    userAgent: client.userAgent,
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
  const { id: userId, name, email, createdAt: registeredAt } = user;
  const viewer = { userId, sessionId: session.id, name, email, registeredAt };
  return { viewer, sessionExpiresAt: session.expiresAt, ...signed, refreshToken };
}

const shortLifeSeconds = 5;

/**
 * An access token for the viewer's session that ends in five seconds, so that its end can be watched. It outlives
 * neither the session nor the token that it was asked for with; the session and its other tokens stay as they are.
 */
export function grantShortToken({ viewer, expiresAt }: Authenticated, rules: SessionRules, now: Date) {
  const { sessionId: id, userId } = viewer;
  return signAccessToken({ id, userId, expiresAt }, { ...rules, accessTokenTtlSeconds: shortLifeSeconds }, now);
}

/** The user's sessions that are live at `now`, newest first, as nobody else changes them before the transaction ends. */
export function liveSessions(em: EntityManager, userId: string, now: Date): Promise<Session[]> {
  return em.find(
    Session,
    { user: userId, endedAt: null, expiresAt: { $gt: now } },
    { orderBy: [{ createdAt: "desc" }, { id: "desc" }], lockMode: LockMode.PESSIMISTIC_WRITE },
  );
}

/**
 * Ends the viewer's live sessions that `which` says, from the next operation on, within the caller's transaction.
 *
 * @returns the ids of those that ended.
 */
export async function endSessions(
  em: EntityManager,
  userId: string,
  which: (session: Session) => boolean,
  now: Date,
): Promise<string[]> {
  const ending = (await liveSessions(em, userId, now)).filter(which);
  for (const session of ending) endSession(session, now);
  return ending.map(({ id }) => id);
}

/** Marks a session as ended; those that are over already stay as they are. */
export function endSession(session: Session, now: Date): void {
  if (session.endedAt !== null || now >= session.expiresAt) return;
  session.endedAt = now;
  session.expiresAt = now;
}

/** Ends the viewer's live sessions that `which` says. Answers how many, which is 0 where another request was faster. */
export async function endOwnSessions(
  { transaction, client, now }: Pick<Context, "transaction" | "client" | "now">,
  { userId }: Viewer,
  which: (session: Session) => boolean,
  cause: string,
): Promise<number> {
  const ended = await transaction((em) => endSessions(em, userId, which, now));
  noteEnded(client, userId, ended, cause);
  return ended.length;
}

/** Notes each session that ended. */
export function noteEnded(client: Client, userId: string, sessionIds: readonly string[], cause: string): void {
  for (const sessionId of sessionIds) client.note({ event: "session ended", userId, sessionId, cause });
}
