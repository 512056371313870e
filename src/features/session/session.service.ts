import type { EntityManager, FilterQuery } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Auth, Viewer } from "../../kit/auth.js";
import { newId } from "../../kit/id.js";
import type { User } from "../user/user.entity.js";
import { lockUser } from "../user/user.service.js";
import type { SessionRules } from "../../foundation/config/session-rules.js";
import type { Client, Context } from "../../kit/context.js";
import { pruneSessions } from "./prune-sessions.js";
import { RefreshToken } from "./refresh-token.entity.js";
import { hashOf, newRefreshToken } from "./refresh-token.js";
import { Session } from "./session.entity.js";
import { signAccessToken } from "./access-token.js";

/** A session just opened or renewed, with its new tokens. */
export type OpenedSession = {
  readonly viewer: Viewer;
  /** The end of the session, unless it is refreshed before. */
  readonly sessionExpiresAt: Date;
  readonly accessToken: string;
  /** The access token's `exp`. */
  readonly expiresAt: Date;
  readonly refreshToken: string;
};

type Authenticated = Extract<Auth, { readonly state: "viewer" }>;

/** Returns the end of a session that is used at `now`, unless it is refreshed before. */
export function endOfSession(createdAt: Date, rules: SessionRules, now: Date): Date {
  return new Date(
    Math.min(
      now.getTime() + rules.refreshTokenTtlSeconds * 1000,
      createdAt.getTime() + rules.sessionMaxAgeSeconds * 1000,
    ),
  );
}

/**
 * Opens a session within the caller's transaction, which has locked or created the user. If the user has the most
 * sessions that are allowed, the least recently used ones end.
 */
export async function openSession(
  em: SqlEntityManager,
  user: User,
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession & { readonly displaced: Ended }> {
  const displaced = await makeRoom(em, user.id, rules.sessionsOfUser, now);
  const session = { id: newId("session", now), user, expiresAt: endOfSession(now, rules, now) };
  const refreshToken = newRefreshToken();
  await storeSession(em, session, client.userAgent, now);
  await em.execute(
    "insert into refresh_tokens (hash, session_id) values (?, ?)",
    [hashOf(refreshToken), session.id],
    "run",
  );
  await pruneSessions(em, now);
  return { ...issueTokens(session, refreshToken, rules, now), displaced };
}

/** The part of a session that its tokens are made of. */
type NewSession = Pick<Session, "id" | "user" | "expiresAt">;

/** Stores a new session. By SQL, since MikroORM takes longer to write the statement than the database to run it. */
function storeSession(
  em: SqlEntityManager,
  { id, user, expiresAt }: NewSession,
  userAgent: string | null,
  now: Date,
): Promise<unknown> {
  return em.execute(
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at, user_agent) values (?, ?, ?, ?, ?, ?)`,
    [id, user.id, now.getTime(), now.getTime(), expiresAt.getTime(), userAgent],
    "run",
  );
}

/** Adds a refresh token to the session: its newest, and its only unused one. */
export function addRefreshToken(em: EntityManager, session: Session): string {
  const token = newRefreshToken();
  em.persist(
    em.create(RefreshToken, { hash: hashOf(token), session, usedAt: null, keptUntil: null, sealedSuccessor: null }),
  );
  return token;
}

/** Returns the session with this refresh token and a new access token. */
export function issueTokens(session: NewSession, refreshToken: string, rules: SessionRules, now: Date): OpenedSession {
  const { user } = session;
  const signed = signAccessToken({ id: session.id, userId: user.id, expiresAt: session.expiresAt }, rules, now);
  const { id: userId, name, email, createdAt: registeredAt } = user;
  const viewer = { userId, sessionId: session.id, name, email, registeredAt };
  return { viewer, sessionExpiresAt: session.expiresAt, ...signed, refreshToken };
}

const shortLifeSeconds = 5;

/**
 * Issues an access token that ends in five seconds, so that a user can watch it expire. It outlives neither the session nor
 * the token that asked for it. The session and its other tokens stay as they are.
 */
export function grantShortToken({ viewer, expiresAt }: Authenticated, rules: SessionRules, now: Date) {
  const { sessionId: id, userId } = viewer;
  return signAccessToken({ id, userId, expiresAt }, { ...rules, accessTokenTtlSeconds: shortLifeSeconds }, now);
}

/** The live sessions of a user that are to end. */
export type Which = "all" | { readonly only: string } | { readonly allBut: string };

/** Sessions that ended. `ids` is empty if there were too many to log one by one. */
export type Ended = { readonly count: number; readonly ids: readonly string[] };

const mostLogged = 1000;

/**
 * Ends live sessions of a user with one statement, from the next operation on. The caller's transaction has locked the user.
 */
export async function endSessions(em: EntityManager, userId: string, which: Which, now: Date): Promise<Ended> {
  const live = liveOf(userId, which, now);
  const ended = await idsOf(em, live);
  const count = ended.length === 0 ? 0 : await em.nativeUpdate(Session, live, { endedAt: now, expiresAt: now });
  return { count, ids: count > mostLogged ? [] : ended };
}

const endedPerBatch = 500;

/** Ends every live session of every user, in batches with a transaction each. Returns how many ended. */
export async function endEverySession(transaction: Context["transaction"], now: Date): Promise<number> {
  const where = { endedAt: null, expiresAt: { $gt: now } };
  const endSome = () =>
    transaction(async (em) => {
      const some = await em.find(Session, where, { fields: ["id"], orderBy: { id: "asc" }, limit: endedPerBatch });
      if (some.length === 0) return 0;
      const ids = some.map(({ id }) => id);
      return em.nativeUpdate(Session, { ...where, id: { $in: ids } }, { endedAt: now, expiresAt: now });
    });
  let all = 0;
  for (let count = await endSome(); count > 0; count = await endSome()) all += count;
  return all;
}

/** Returns the live sessions that end because the caller's transaction deletes their user. It has locked the user. */
export async function endingSessions(em: EntityManager, userId: string, now: Date): Promise<Ended> {
  const live = liveOf(userId, "all", now);
  const ids = await idsOf(em, live);
  return ids.length > mostLogged ? { count: await em.count(Session, live), ids: [] } : { count: ids.length, ids };
}

/**
 * Ends the user's least recently used sessions until one more may be opened. At most 1,000 end at a time: an earlier
 * release may have left more, which end with the next sign-ins. Of these, only the ones that end soonest are considered,
 * which an index finds.
 */
async function makeRoom(em: SqlEntityManager, userId: string, most: number, now: Date): Promise<Ended> {
  const kept = most - 1;
  const excess = await em.execute<{ id: string }[]>(
    `select id from (
        select id, last_used_at from sessions where user_id = ? and ended_at is null and expires_at > ?
          order by expires_at limit ?) as live
      order by last_used_at desc, id desc limit ? offset ?`,
    [userId, now.getTime(), kept + mostLogged, mostLogged, kept],
  );
  const ids = excess.map(({ id }) => id);
  if (ids.length > 0) await em.nativeUpdate(Session, { id: { $in: ids } }, { endedAt: now, expiresAt: now });
  return { count: ids.length, ids };
}

/** Returns the ids of sessions, newest first, up to one more than are logged. */
async function idsOf(em: EntityManager, where: FilterQuery<Session>): Promise<string[]> {
  const found = await em.find(Session, where, { fields: ["id"], limit: mostLogged + 1 });
  // Ids start with the instant of their creation.
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

/** Marks a session as ended, unless it is over already. */
export function endSession(session: Session, now: Date): void {
  if (session.endedAt !== null || now >= session.expiresAt) return;
  session.endedAt = now;
  session.expiresAt = now;
}

/** Ends live sessions of the viewer. Returns how many ended: 0 if another request was faster. */
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
  logEnded(client, userId, ended, cause);
  return ended.count;
}

/** Logs each session that ended, or only their number. */
export function logEnded(client: Client, userId: string, { count, ids }: Ended, cause: string): void {
  for (const sessionId of ids) client.note({ event: "session ended", userId, sessionId, cause });
  if (count > ids.length) client.note({ event: "session ended", userId, count, cause });
}
