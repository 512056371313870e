import type { Viewer } from "../../kit/auth.js";
import type { SessionRules } from "../../foundation/config/session-rules.js";
import type { Client } from "../../kit/context.js";
import { KnownError } from "../../foundation/errors.js";
import { endSessions, logEnded, openSession, type OpenedSession } from "../session/session.service.js";
import { createUser, emailKeyOf } from "../user/user.service.js";
import { countRegistration, recordSuccess } from "./attempt-throttle.js";
import { hashPassword, inHashingTurn } from "./password.js";
import { logRefusal, withPassword, type AccountAccess, type PasswordAttempt } from "./verify-password.js";
import { removeRest, removeUser } from "./remove-user.js";
import { passwordOfEmail, passwordOfUser } from "./password.reads.js";

/**
 * Creates an account and opens its first session.
 *
 * @throws KnownError `CONFLICT` if the email is taken, `TOO_MANY_ATTEMPTS`.
 */
export async function register(
  { transaction, signal, settings }: AccountAccess,
  input: { readonly email: string; readonly name: string; readonly password: string },
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const { password, ...profile } = input;
  const account = emailKeyOf(profile.email);
  return logRefusal("registration refused", { account: client.accountKeyOf(account) }, client, async () => {
    await transaction((em) => countRegistration(em, client.addressKey, now));
    // Before the email is looked up, so that a taken one takes as long. Outside the transaction, because others wait for it.
    const passwordHash = await inHashingTurn(() => hashPassword(password, settings.passwordCost), {
      clientKey: client.addressKey,
      signal,
    });
    const opened = await transaction(async (em, dialect) => {
      const user = await createUser(em, { ...profile, passwordHash }, now);
      const session = await openSession(em, user, client, rules, now);
      await recordSuccess(em, dialect, { account, addressKey: client.addressKey }, now);
      return session;
    });
    logSignIn(opened, client, "register");
    return opened;
  });
}

/**
 * Opens a session for the account with this email and password.
 *
 * @throws KnownError `INVALID_CREDENTIALS`, `TOO_MANY_ATTEMPTS`; `FORBIDDEN` if the password is right and the user is
 * disabled, which nobody else learns.
 */
export async function login(
  access: AccountAccess,
  input: { readonly email: string; readonly password: string },
  client: Client,
  rules: SessionRules,
  now: Date,
): Promise<OpenedSession> {
  const attempt: PasswordAttempt = {
    account: emailKeyOf(input.email),
    find: () => passwordOfEmail(access.reader, input.email),
    password: input.password,
    refusal: "sign-in refused",
  };
  const opened = await withPassword(access, attempt, client, now, (em, user) => {
    if (user.disabledAt !== null) throw new KnownError("FORBIDDEN", "This account is disabled");
    return openSession(em, user, client, rules, now);
  });
  logSignIn(opened, client, "login");
  logEnded(client, opened.viewer.userId, opened.displaced, "limit");
  return opened;
}

/**
 * Sets a new password and ends every other session of the viewer. Returns how many ended.
 *
 * @throws KnownError `INVALID_CREDENTIALS` for a wrong current password, `TOO_MANY_ATTEMPTS`.
 */
export async function changePassword(
  access: AccountAccess,
  viewer: Viewer,
  input: { readonly currentPassword: string; readonly newPassword: string },
  client: Client,
  now: Date,
): Promise<number> {
  const { userId, sessionId } = viewer;
  const attempt = { ...ownPassword(access, viewer, input.currentPassword), newPassword: input.newPassword };
  const ended = await withPassword(access, attempt, client, now, (em) =>
    endSessions(em, userId, { allBut: sessionId }, now),
  );
  client.note({ event: "password changed", userId, sessionId });
  logEnded(client, userId, ended, "password changed");
  return ended.count;
}

/**
 * Deletes the viewer with all their data. From then on their tokens are refused with `USER_GONE`. Thousands of posts or votes
 * take several transactions. If the operation times out before the last one, the rest stays, and the next attempt
 * continues there.
 *
 * @throws KnownError `INVALID_CREDENTIALS` for a wrong current password, `TOO_MANY_ATTEMPTS`.
 */
export async function deleteAccount(
  access: AccountAccess,
  viewer: Viewer,
  input: { readonly currentPassword: string },
  client: Client,
  now: Date,
): Promise<void> {
  const { userId, sessionId } = viewer;
  const attempt = ownPassword(access, viewer, input.currentPassword);
  const first = await withPassword(access, attempt, client, now, (em, user, dialect) =>
    removeUser(em, dialect, user, now),
  );
  const ended = first ?? (await removeRest(access.transaction, userId, now));
  client.note({ event: "account deleted", userId, sessionId });
  logEnded(client, userId, ended, "account deleted");
}

function ownPassword(
  { reader }: AccountAccess,
  { userId, email, sessionId }: Viewer,
  password: string,
): PasswordAttempt {
  return {
    account: emailKeyOf(email),
    find: () => passwordOfUser(reader, userId),
    password,
    refusal: "password refused",
    ids: { sessionId },
  };
}

function logSignIn({ viewer }: OpenedSession, client: Client, cause: string): void {
  const { userId, sessionId, email } = viewer;
  client.note({ event: "signed in", account: client.accountKeyOf(email), userId, sessionId, cause });
}
