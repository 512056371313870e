import type { EntityManager } from "@mikro-orm/core";

import type { Viewer } from "../auth.js";
import { inTransaction, signalOf } from "../database/database.js";
import { KnownError } from "../errors.js";
import { hashPassword, inHashingTurn, isOutdated, passwordMatches } from "./password.js";
import { User } from "../user/user.entity.js";
import { createUser, emailKeyOf, findUserByEmail } from "../user/user.service.js";
import { countRegistration, recordFailure, recordSuccess, refuseWhileWaiting } from "./login-throttle.js";
import type { Origin, SessionEvent } from "../session/client.js";
import {
  endSessions,
  listSessions,
  noteEnded,
  openSession,
  type OpenedSession,
  type SessionRules,
} from "../session/session.service.js";

/**
 * Creates an account and opens its first session.
 *
 * @throws KnownError `CONFLICT` where the email is taken, `TOO_MANY_ATTEMPTS`.
 */
export async function register(
  em: EntityManager,
  input: { readonly email: string; readonly name: string; readonly password: string },
  origin: Origin,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const { password, ...profile } = input;
  const account = emailKeyOf(profile.email);
  return noteRefusal("registration refused", {}, origin, async () => {
    await countRegistration(em, origin.address, now);
    // Before the email is looked at, so that a taken one takes as long; and outside the transaction, which others wait for.
    const passwordHash = await inHashingTurn(() => hashPassword(password), signalOf(em));
    const opened = await inTransaction(em, async (em) => {
      const user = await createUser(em, { ...profile, passwordHash }, now);
      await recordSuccess(em, { account, address: origin.address }, now);
      return openSession(em, user, origin, rules, now);
    });
    noteSignIn(opened, origin, "register");
    return opened;
  });
}

/**
 * Opens a session for the account with this email and password.
 *
 * @throws KnownError `INVALID_CREDENTIALS`, `TOO_MANY_ATTEMPTS`.
 */
export async function login(
  em: EntityManager,
  input: { readonly email: string; readonly password: string },
  origin: Origin,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const tried: Tried = {
    account: emailKeyOf(input.email),
    find: (em) => findUserByEmail(em, input.email),
    password: input.password,
    refusal: "sign-in refused",
  };
  const opened = await withPassword(em, tried, origin, now, (em, user) => openSession(em, user, origin, rules, now));
  noteSignIn(opened, origin, "login");
  return opened;
}

/**
 * Sets a new password and ends every session of the viewer's but this one. Answers how many ended.
 *
 * @throws KnownError `INVALID_CREDENTIALS` for a wrong current password, `TOO_MANY_ATTEMPTS`.
 */
export async function changePassword(
  em: EntityManager,
  viewer: Viewer,
  input: { readonly currentPassword: string; readonly newPassword: string },
  origin: Origin,
  now: Date,
): Promise<number> {
  const { user, session } = viewer;
  const tried = { ...ownPassword(viewer, input.currentPassword), newPassword: input.newPassword };
  const ended = await withPassword(em, tried, origin, now, (em) =>
    endSessions(em, user, ({ id }) => id !== session.id, now),
  );
  origin.note({ event: "password changed", userId: user.id, sessionId: session.id });
  noteEnded(origin, user, ended, "password changed");
  return ended.length;
}

/**
 * Deletes the viewer with all that is theirs. From then on their tokens answer `USER_GONE`.
 *
 * @throws KnownError `INVALID_CREDENTIALS` for a wrong current password, `TOO_MANY_ATTEMPTS`.
 */
export async function deleteAccount(
  em: EntityManager,
  viewer: Viewer,
  input: { readonly currentPassword: string },
  origin: Origin,
  now: Date,
): Promise<void> {
  const { user, session } = viewer;
  const ended = await withPassword(em, ownPassword(viewer, input.currentPassword), origin, now, async (em, current) => {
    const sessions = await listSessions(em, current.id, now);
    // The rows that refer to the user go with theirs.
    em.remove(current);
    return sessions.map(({ id }) => id);
  });
  origin.note({ event: "account deleted", userId: user.id, sessionId: session.id });
  noteEnded(origin, user, ended, "account deleted");
}

/** A try of a password: whose, and what becomes of it. */
type Tried = {
  /** What the account's tries are counted under, whether or not it exists. */
  readonly account: string;
  readonly find: (em: EntityManager) => Promise<User | null>;
  readonly password: string;
  /** Takes the password's place where it was right. */
  readonly newPassword?: string;
  readonly refusal: Refusal;
  /** What is known of who tries, for the log. */
  readonly ids?: { readonly sessionId: string };
};

type Refusal = Extract<SessionEvent["event"], `${string} refused`>;

function ownPassword({ user, session }: Viewer, password: string): Tried {
  return {
    account: user.emailKey,
    find: (em) => em.findOne(User, { id: user.id }),
    password,
    refusal: "password refused",
    ids: { sessionId: session.id },
  };
}

/**
 * Tries a password under the limits on guessing and, where it is right, does `work` in one transaction with clearing
 * the counters. A hash of older parameters is made anew on the way.
 *
 * All of it takes place in one hashing turn: of many tries at once, each sees what the ones before it have counted.
 *
 * @throws KnownError `INVALID_CREDENTIALS`, in the same time whether or not there is an account; `TOO_MANY_ATTEMPTS`.
 */
function withPassword<Result>(
  em: EntityManager,
  tried: Tried,
  origin: Origin,
  now: Date,
  work: (em: EntityManager, user: User) => Promise<Result>,
): Promise<Result> {
  const { account, password, newPassword } = tried;
  const attempted = { account, address: origin.address };
  return inHashingTurn(async () => {
    let user = await tried.find(em.fork());
    return noteRefusal(tried.refusal, { ...tried.ids, ...(user && { userId: user.id }) }, origin, async () => {
      await refuseWhileWaiting(em, attempted, now);
      for (;;) {
        const matches = await passwordMatches(user?.passwordHash, password);
        if (user === null || !matches) {
          await recordFailure(em, attempted, now);
          throw wrongPassword(tried.refusal);
        }
        const { id, passwordHash: judged } = user;
        const replacement = newPassword ?? (isOutdated(judged) ? password : undefined);
        const passwordHash = replacement === undefined ? judged : await hashPassword(replacement);
        const done = await inTransaction(em, async (em) => {
          const current = await em.findOne(User, { id });
          // Hashing took a while. What another process has changed meanwhile is judged as it is now.
          if (current?.passwordHash !== judged) return { current };
          current.passwordHash = passwordHash;
          await recordSuccess(em, attempted, now);
          return { result: await work(em, current) };
        });
        if ("result" in done) return done.result;
        user = done.current;
      }
    });
  }, signalOf(em));
}

/** The one answer to credentials that don't fit, which tells nothing of why. */
function wrongPassword(refusal: Refusal): KnownError {
  return new KnownError(
    "INVALID_CREDENTIALS",
    refusal === "sign-in refused" ? "Wrong email or password" : "Wrong current password",
  );
}

async function noteRefusal<Result>(
  event: Refusal,
  ids: { readonly userId?: string; readonly sessionId?: string },
  origin: Origin,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KnownError) origin.note({ event, ...ids, cause: error.code });
    throw error;
  }
}

function noteSignIn({ viewer }: OpenedSession, origin: Origin, cause: string): void {
  origin.note({ event: "signed in", userId: viewer.user.id, sessionId: viewer.session.id, cause });
}
