import type { EntityManager, FilterQuery } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Auth, Viewer } from "../../kit/auth.js";
import { newId } from "../../kit/id.js";
import type { User } from "../user/user.entity.js";
import { lockUser } from "../user/user.service.js";
import type { SessionRules } from "../../foundation/config/session-rules.js";
import type { Client, Context } from "../../kit/context.js";
import { prune } from "./prune-sessions.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { hashOf, newRefreshToken } from "./refresh-token.js";
import { Session } from "./session.entity.js";
import { signAccessToken } from "./access-token.js";

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

/**
 * Opens a session within the caller's transaction, which has locked the user or just created them. If the user has as
 * many as a user may, those that were used longest ago end.
 */
export async function openSession(
  em: SqlEntityManager,
  user: User,
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession & { readonly displaced: Ended }> {
  const displaced = await makeRoom(em, user.id, rules.sessionsOfUser, now);
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
  const refreshToken = addRefreshToken(em, session);
  await em.flush();
  await prune(em, now);
  return { ...grantTokens(session, refreshToken, rules, now), displaced };
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

/** Which of a user's live sessions end. */
export type Which = "all" | { readonly only: string } | { readonly allBut: string };

/** Sessions that ended. Only their number is known if there were more than anybody would read. */
export type Ended = { readonly count: number; readonly ids: readonly string[] };

const mostNamed = 1000;

/**
 * Ends live sessions of a user by one statement, from the next operation on. The caller's transaction has locked the user.
 */
export async function endSessions(em: EntityManager, userId: string, which: Which, now: Date): Promise<Ended> {
  const live = liveOf(userId, which, now);
  const ended = await named(em, live);
  const count = ended.length === 0 ? 0 : await em.nativeUpdate(Session, live, { endedAt: now, expiresAt: now });
  return { count, ids: count > mostNamed ? [] : ended };
}

const endedAtATime = 500;

/** Ends every live session of every user, some at a time, each lot in a transaction of its own. Returns how many. */
export async function endEverySession(transaction: Context["transaction"], now: Date): Promise<number> {
  const where = { endedAt: null, expiresAt: { $gt: now } };
  const endSome = () =>
    transaction(async (em) => {
      const some = await em.find(Session, where, { fields: ["id"], orderBy: { id: "asc" }, limit: endedAtATime });
      if (some.length === 0) return 0;
      const ids = some.map(({ id }) => id);
      return em.nativeUpdate(Session, { ...where, id: { $in: ids } }, { endedAt: now, expiresAt: now });
    });
  let all = 0;
  for (let count = await endSome(); count > 0; count = await endSome()) all += count;
  return all;
}

/** The live sessions of a user that end when the caller's transaction deletes the user, whom it has locked. */
export async function endingSessions(em: EntityManager, userId: string, now: Date): Promise<Ended> {
  const live = liveOf(userId, "all", now);
  const ids = await named(em, live);
  return ids.length > mostNamed ? { count: await em.count(Session, live), ids: [] } : { count: ids.length, ids };
}

/**
 * Ends the user's sessions that were used longest ago until one more may be opened. At most a thousand end at a time:
 * an earlier release may have left more, which end with the next sign-ins. Of those, only the ones that end soonest are
 * looked at, which an index finds.
 */
async function makeRoom(em: SqlEntityManager, userId: string, most: number, now: Date): Promise<Ended> {
  const kept = most - 1;
  const excess = await em.execute<{ id: string }[]>(
    `select id from (
        select id, last_used_at from sessions where user_id = ? and ended_at is null and expires_at > ?
          order by expires_at limit ?) as live
      order by last_used_at desc, id desc limit ? offset ?`,
    [userId, now.getTime(), kept + mostNamed, mostNamed, kept],
  );
  const ids = excess.map(({ id }) => id);
  if (ids.length > 0) await em.nativeUpdate(Session, { id: { $in: ids } }, { endedAt: now, expiresAt: now });
  return { count: ids.length, ids };
}

/** The ids of sessions, newest first, up to one more than are named. */
async function named(em: EntityManager, where: FilterQuery<Session>): Promise<string[]> {
  const found = await em.find(Session, where, { fields: ["id"], limit: mostNamed + 1 });
  // Ids begin with the instant at which they were made.
  return found
    .map(({ id }) => id)
    .toSorted()
    .toReversed();
}

function liveOf(userId: string, which: Which, now: Date): FilterQuery<Session> {
  const live = { user: userId, endedAt: null, expiresAt: { $gt: now } };
  if (which === "all") return live;
  return { ...live, id: "only" in which ? which.only : { $ne: which.allBut } };
}

/** Marks a session as ended; those that are over already stay as they are. */
export function endSession(session: Session, now: Date): void {
  if (session.endedAt !== null || now >= session.expiresAt) return;
  session.endedAt = now;
  session.expiresAt = now;
}

/** Ends live sessions of the viewer's. Returns how many, which is 0 if another request was faster. */
export async function endOwnSessions(
  { transaction, client, now }: Pick<Context, "transaction" | "client" | "now">,
  { userId }: Viewer,
  which: Which,
  cause: string,
): Promise<number> {
  const ended = await transaction(async (em) => {
    await lockUser(em, userId);
    return endSessions(em, userId, which, now);
  });
  noteEnded(client, userId, ended, cause);
  return ended.count;
}

/** Logs each session that ended, or their number. */
export function noteEnded(client: Client, userId: string, { count, ids }: Ended, cause: string): void {
  for (const sessionId of ids) client.note({ event: "session ended", userId, sessionId, cause });
  if (count > ids.length) client.note({ event: "session ended", userId, count, cause });
}
