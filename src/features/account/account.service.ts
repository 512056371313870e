import type { Viewer } from "../../kit/auth.js";
import type { SessionRules } from "../../foundation/config/session-rules.js";
import type { Client } from "../../kit/context.js";
import { KnownError } from "../../foundation/errors.js";
import { endSessions, noteEnded, openSession, type OpenedSession } from "../session/session.service.js";
import { createUser, emailKeyOf } from "../user/user.service.js";
import { countRegistration, recordSuccess } from "./attempt-throttle.js";
import { hashPassword, inHashingTurn } from "./password.js";
import { noteRefusal, withPassword, type Accounts, type Tried } from "./verify-password.js";
import { removeRest, removeUser } from "./remove-user.js";
import { passwordOfEmail, passwordOfUser } from "./password.reads.js";

/**
 * Creates an account and opens its first session.
 *
 * @throws KnownError `CONFLICT` where the email is taken, `TOO_MANY_ATTEMPTS`.
 */
export async function register(
  { transaction, signal, settings }: Accounts,
  input: { readonly email: string; readonly name: string; readonly password: string },
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const { password, ...profile } = input;
  const account = emailKeyOf(profile.email);
  return noteRefusal("registration refused", { account: client.accountKeyOf(account) }, client, async () => {
    await transaction((em) => countRegistration(em, client.addressKey, now));
    // Before the email is looked at, so that a taken one takes as long; and outside the transaction, which others wait for.
    const passwordHash = await inHashingTurn(() => hashPassword(password, settings.passwordCost), {
      clientKey: client.addressKey,
      signal,
    });
    const opened = await transaction(async (em) => {
      const user = await createUser(em, { ...profile, passwordHash }, now);
      const session = await openSession(em, user, client, rules, now);
      await recordSuccess(em, { account, addressKey: client.addressKey }, now);
      return session;
    });
    noteSignIn(opened, client, "register");
    return opened;
  });
}

/**
 * Opens a session for the account with this email and password.
 *
 * @throws KnownError `INVALID_CREDENTIALS`, `TOO_MANY_ATTEMPTS`; `FORBIDDEN` for who has the right password and is
 * disabled: nobody else learns of that.
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
  const opened = await withPassword(access, tried, client, now, (em, user) => {
    if (user.disabledAt !== null) throw new KnownError("FORBIDDEN", "This account is disabled");
    return openSession(em, user, client, rules, now);
  });
  noteSignIn(opened, client, "login");
  noteEnded(client, opened.viewer.userId, opened.displaced, "limit");
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
    endSessions(em, userId, { allBut: sessionId }, now),
  );
  client.note({ event: "password changed", userId, sessionId });
  noteEnded(client, userId, ended, "password changed");
  return ended.count;
}

/**
 * Deletes the viewer with everything that is theirs. From then on their tokens answer `USER_GONE`. Thousands of posts or
 * votes go in several transactions. If the operation's time is up before the last, what is left stays as it was, and
 * another try goes on from there.
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
  const first = await withPassword(access, tried, client, now, (em, user, dialect) =>
    removeUser(em, dialect, user, now),
  );
  const ended = first ?? (await removeRest(access.transaction, userId, now));
  client.note({ event: "account deleted", userId, sessionId });
  noteEnded(client, userId, ended, "account deleted");
}

function ownPassword({ reader }: Accounts, { userId, email, sessionId }: Viewer, password: string): Tried {
  return {
    account: emailKeyOf(email),
    find: () => passwordOfUser(reader, userId),
    password,
    refusal: "password refused",
    ids: { sessionId },
  };
}

function noteSignIn({ viewer }: OpenedSession, client: Client, cause: string): void {
  const { userId, sessionId, email } = viewer;
  client.note({ event: "signed in", account: client.accountKeyOf(email), userId, sessionId, cause });
}
