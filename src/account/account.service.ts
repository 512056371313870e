import type { EntityManager } from "@mikro-orm/core";

import type { Viewer } from "../auth.js";
import type { Access } from "../database/transaction.js";
import { KnownError } from "../errors.js";
import type { SessionRules } from "../config/session-rules.js";
import type { Client, PasswordCost, SessionEvent } from "../context.js";
import { endSessions, liveSessions, noteEnded, openSession, type OpenedSession } from "../session/session.service.js";
import { User } from "../user/user.entity.js";
import { createUser, emailKeyOf } from "../user/user.service.js";
import {
  countRegistration,
  isKnownAddress,
  recordFailure,
  recordSuccess,
  refuseWhileWaiting,
} from "./login-throttle.js";
import { hashPassword, inHashingTurn, isOutdated, passwordMatches } from "./password.js";
import { passwordOfEmail, passwordOfUser, type StoredPassword } from "./password.reads.js";

/** How accounts are read and changed. */
type Accounts = Access & { readonly passwordCost: PasswordCost };

/**
 * Creates an account and opens its first session.
 *
 * @throws KnownError `CONFLICT` where the email is taken, `TOO_MANY_ATTEMPTS`.
 */
export async function register(
  { transaction, signal, passwordCost }: Accounts,
  input: { readonly email: string; readonly name: string; readonly password: string },
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const { password, ...profile } = input;
  const account = emailKeyOf(profile.email);
  return noteRefusal("registration refused", {}, client, async () => {
    await transaction((em) => countRegistration(em, client.addressKey, now));
    // Before the email is looked at, so that a taken one takes as long; and outside the transaction, which others wait for.
    const passwordHash = await inHashingTurn(() => hashPassword(password, passwordCost), {
      party: client.addressKey,
      signal,
    });
    const opened = await transaction(async (em) => {
      const user = await createUser(em, { ...profile, passwordHash }, now);
      await recordSuccess(em, { account, addressKey: client.addressKey }, now);
      return openSession(em, user, client, rules, now);
    });
    noteSignIn(opened, client, "register");
    return opened;
  });
}

/**
 * Opens a session for the account with this email and password.
 *
 * @throws KnownError `INVALID_CREDENTIALS`, `TOO_MANY_ATTEMPTS`.
 */
export async function login(
  access: Accounts,
  input: { readonly email: string; readonly password: string },
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const tried: Tried = {
    account: emailKeyOf(input.email),
    find: () => passwordOfEmail(access.reader, input.email),
    password: input.password,
    refusal: "sign-in refused",
  };
  const opened = await withPassword(access, tried, client, now, (em, user) =>
    openSession(em, user, client, rules, now),
  );
  noteSignIn(opened, client, "login");
  return opened;
}

/**
 * Sets a new password and ends every session of the viewer's but this one. Answers how many ended.
 *
 * @throws KnownError `INVALID_CREDENTIALS` for a wrong current password, `TOO_MANY_ATTEMPTS`.
 */
export async function changePassword(
  access: Accounts,
  viewer: Viewer,
  input: { readonly currentPassword: string; readonly newPassword: string },
  client: Client,
  now: Date,
): Promise<number> {
  const { userId, sessionId } = viewer;
  const tried = { ...ownPassword(access, viewer, input.currentPassword), newPassword: input.newPassword };
  const ended = await withPassword(access, tried, client, now, (em) =>
    endSessions(em, userId, ({ id }) => id !== sessionId, now),
  );
  client.note({ event: "password changed", userId, sessionId });
  noteEnded(client, userId, ended, "password changed");
  return ended.length;
}

/**
 * Deletes the viewer with all that is theirs. From then on their tokens answer `USER_GONE`.
 *
 * @throws KnownError `INVALID_CREDENTIALS` for a wrong current password, `TOO_MANY_ATTEMPTS`.
 */
export async function deleteAccount(
  access: Accounts,
  viewer: Viewer,
  input: { readonly currentPassword: string },
  client: Client,
  now: Date,
): Promise<void> {
  const { userId, sessionId } = viewer;
  const tried = ownPassword(access, viewer, input.currentPassword);
  const ended = await withPassword(access, tried, client, now, async (em, current) => {
    const sessions = await liveSessions(em, current.id, now);
    // The rows that refer to the user go with theirs.
    em.remove(current);
    return sessions.map(({ id }) => id);
  });
  client.note({ event: "account deleted", userId, sessionId });
  noteEnded(client, userId, ended, "account deleted");
}

/** A try of a password: whose, and what becomes of it. */
type Tried = {
  /** What the account's tries are counted under, whether or not it exists. */
  readonly account: string;
  readonly find: () => Promise<StoredPassword | undefined>;
  readonly password: string;
  /** Takes the password's place where it was right. */
  readonly newPassword?: string;
  readonly refusal: Refusal;
  /** What is known of who tries, for the log. */
  readonly ids?: { readonly sessionId: string };
};

type Refusal = Extract<SessionEvent["event"], `${string} refused`>;

function ownPassword({ reader }: Access, { userId, email, sessionId }: Viewer, password: string): Tried {
  return {
    account: emailKeyOf(email),
    find: () => passwordOfUser(reader, userId),
    password,
    refusal: "password refused",
    ids: { sessionId },
  };
}

/**
 * Tries a password under the login throttle and, where it is right, does `work` in one transaction with clearing the
 * counters. A hash of older parameters is made anew on the way.
 *
 * All of it takes place in one hashing turn: of many tries at once, each sees what the ones before it have counted.
 * Addresses that the account knows have their turns first, so that nobody's guesses keep its user out.
 *
 * @throws KnownError `INVALID_CREDENTIALS`, in the same time whether or not there is an account; `TOO_MANY_ATTEMPTS`;
 * `SERVICE_UNAVAILABLE` where too many wait for a turn.
 */
async function withPassword<Result>(
  access: Accounts,
  tried: Tried,
  client: Client,
  now: Date,
  work: (em: EntityManager, user: User) => Promise<Result>,
): Promise<Result> {
  const { reader, transaction, signal, passwordCost } = access;
  const attempted = { account: tried.account, addressKey: client.addressKey };

  const judge = async (stored: StoredPassword | undefined): Promise<Result> => {
    const matches = await passwordMatches(stored?.passwordHash, tried.password, passwordCost);
    if (stored === undefined || !matches) {
      await transaction((em) => recordFailure(em, attempted, now));
      throw wrongPassword(tried.refusal);
    }
    const replacement =
      tried.newPassword ?? (isOutdated(stored.passwordHash, passwordCost) ? tried.password : undefined);
    const passwordHash =
      replacement === undefined ? stored.passwordHash : await hashPassword(replacement, passwordCost);
    const done = await transaction(async (em) => {
      const user = await em.findOne(User, { id: stored.userId });
      // Hashing took a while. What another process has changed meanwhile is judged as it is now.
      if (user?.passwordHash !== stored.passwordHash) return undefined;
      user.passwordHash = passwordHash;
      await recordSuccess(em, attempted, now);
      return { result: await work(em, user) };
    });
    return done === undefined ? judge(await tried.find()) : done.result;
  };

  const first = await isKnownAddress(reader, attempted, now);
  return inHashingTurn(
    async () => {
      const stored = await tried.find();
      const ids = { ...tried.ids, ...(stored && { userId: stored.userId }) };
      return noteRefusal(tried.refusal, ids, client, async () => {
        await refuseWhileWaiting(reader, attempted, now);
        return judge(stored);
      });
    },
    { party: client.addressKey, first, signal },
  );
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
  client: Client,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KnownError) client.note({ event, ...ids, cause: error.code });
    throw error;
  }
}

function noteSignIn({ viewer }: OpenedSession, client: Client, cause: string): void {
  client.note({ event: "signed in", userId: viewer.userId, sessionId: viewer.sessionId, cause });
}
