import { inTransaction } from "../database.js";
import type { EntityManager } from "@mikro-orm/core";

import type { Auth, Viewer } from "../auth.js";
import { newId } from "../id.js";
import { hashPassword } from "../user/password.js";
import { User } from "../user/user.entity.js";
import { createUser, requireUserByPassword, wrongCredentials } from "../user/user.service.js";
import { Session } from "./session.entity.js";
import { readAccessToken, signAccessToken, type TokenRules } from "./token.js";

/** What decides how long sessions and their tokens live. */
export type SessionRules = TokenRules & {
  readonly refreshTokenTtlSeconds: number;
  readonly sessionMaxAgeSeconds: number;
};

/** A session just opened or renewed, with what its client is to hold. */
export type OpenedSession = {
  readonly viewer: Viewer;
  readonly accessToken: string;
  /** The token's `exp`. */
  readonly expiresAt: Date;
};

/** What a session notes of where it was opened. */
export type Origin = { readonly userAgent: string | null };

/**
 * Creates an account and opens its first session.
 *
 * @throws KnownError `CONFLICT` where the email is taken.
 */
export async function register(
  em: EntityManager,
  input: { readonly email: string; readonly name: string; readonly password: string },
  origin: Origin,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const { password, ...profile } = input;
  // Before the email is looked at, so that a taken one takes as long; and outside the transaction, which others wait for.
  const passwordHash = await hashPassword(password);
  return inTransaction(em, async (em) => {
    const user = await createUser(em, { ...profile, passwordHash }, now);
    return openSession(em, user, origin, rules, now);
  });
}

/**
 * Opens a session for the account with this email and password.
 *
 * @throws KnownError `INVALID_CREDENTIALS`.
 */
export async function login(
  em: EntityManager,
  input: { readonly email: string; readonly password: string },
  origin: Origin,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const { id, passwordHash } = await requireUserByPassword(em, input);
  return inTransaction(em, async (em) => {
    // The check took a while: the account may be gone by now, or have another password.
    const user = await em.findOne(User, { id, passwordHash });
    if (user === null) throw wrongCredentials();
    return openSession(em, user, origin, rules, now);
  });
}

function openSession(em: EntityManager, user: User, origin: Origin, rules: SessionRules, now: Date): OpenedSession {
  const lifetimeSeconds = Math.min(rules.refreshTokenTtlSeconds, rules.sessionMaxAgeSeconds);
  const session = em.create(Session, {
    id: newId("session", now),
    user,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000),
    userAgent: origin.userAgent,
  });
  em.persist(session);
  const token = signAccessToken({ id: session.id, userId: user.id, expiresAt: session.expiresAt }, rules, now);
  return { viewer: { user, session }, ...token };
}

/**
 * Judges the Authorization headers of a request at the instant `now`. Only a token that is good in itself costs a
 * read, of one session with its user by their ids. Never throws for a credential.
 */
export async function judgeCredential(
  em: EntityManager,
  authorization: readonly string[],
  rules: TokenRules,
  now: Date,
): Promise<Auth> {
  if (authorization.length === 0) return { state: "anonymous" };
  const token = bearerTokenOf(authorization);
  if (token === undefined) return { state: "invalid" };
  const reading = readAccessToken(token, rules, now);
  if (reading.state !== "good") return reading;

  const { userId, sessionId } = reading;
  const session = await em.findOne(Session, { id: sessionId, user: userId }, { populate: ["user"] });
  if (session === null) return { state: (await em.count(User, { id: userId })) === 0 ? "gone" : "revoked" };
  if (now >= session.expiresAt) return { state: "revoked" };
  return { state: "viewer", viewer: { user: session.user, session } };
}

/** RFC 6750, section 2.1; the scheme's name in any case (RFC 9110, section 11.1). Two headers are no credential. */
function bearerTokenOf(authorization: readonly string[]): string | undefined {
  if (authorization.length !== 1) return undefined;
  return /^bearer +([\w.-]+)$/i.exec(authorization[0]!)?.[1];
}
