import type { EntityManager } from "@mikro-orm/core";

import type { PasswordCost } from "../../kit/context.js";
import type { Transaction } from "../../database/transaction.js";
import { endSessions, type Ended } from "../session/session.service.js";
import { createUser, emailKeyOf, requireUser } from "../user/user.service.js";
import { removeRest } from "./remove-user.js";
import { forgetFailures } from "./attempt-throttle.js";
import { hashPassword, inHashingTurn } from "./password.js";

// Changes to accounts by administrators, who are authorized by their access to the database.

type Administration = {
  readonly transaction: Transaction;
  readonly passwordCost?: PasswordCost | undefined;
  readonly now: Date;
};

/**
 * Creates an account without a session. Returns its user's id.
 *
 * @throws KnownError `CONFLICT` if the email is taken.
 */
export async function createAccount(
  { transaction, passwordCost, now }: Administration,
  { password, ...profile }: { readonly email: string; readonly name: string; readonly password: string },
): Promise<string> {
  const passwordHash = await hashOf(password, passwordCost);
  const { id } = await transaction((em) => createUser(em, { ...profile, passwordHash }, now));
  return id;
}

/**
 * Replaces a password that was forgotten or leaked, and ends every session of the user. Failed attempts at the old one no
 * longer make the user wait, except those from the user's own address. Returns the sessions that ended.
 *
 * @throws KnownError `NOT_FOUND`.
 */
export async function resetPassword(
  { transaction, passwordCost, now }: Administration,
  userId: string,
  password: string,
): Promise<Ended> {
  const passwordHash = await hashOf(password, passwordCost);
  return transaction(async (em) => {
    const user = await requireUser(em, userId);
    user.passwordHash = passwordHash;
    const ended = await endAllSessions(em, userId, now);
    await forgetFailures(em, emailKeyOf(user.email));
    return ended;
  });
}

/**
 * Disables a user, whose credentials are refused with `USER_GONE` from the next operation on, or enables a disabled one.
 * Both end every session of the user, so that none becomes valid again. Enabling a user who is not disabled changes
 * nothing. Returns the sessions that ended.
 *
 * @throws KnownError `NOT_FOUND`.
 */
export function setDisabled({ transaction, now }: Administration, userId: string, disabled: boolean): Promise<Ended> {
  return transaction(async (em) => {
    // A sign-in locks the user too: it finds them disabled, or it has opened a session that ends here.
    const user = await requireUser(em, userId);
    if (!disabled && user.disabledAt === null) return { count: 0, ids: [] };
    user.disabledAt = disabled ? (user.disabledAt ?? now) : null;
    return endAllSessions(em, userId, now);
  });
}

/**
 * Deletes a user with all their data. Returns the sessions that ended.
 *
 * @throws KnownError `NOT_FOUND`.
 */
export async function deleteUser({ transaction, now }: Administration, userId: string): Promise<Ended> {
  await transaction((em) => requireUser(em, userId));
  return removeRest(transaction, userId, now);
}

const endAllSessions = (em: EntityManager, userId: string, now: Date): Promise<Ended> =>
  endSessions(em, userId, "all", now);

const hashOf = (password: string, cost: PasswordCost | undefined): Promise<string> =>
  inHashingTurn(() => hashPassword(password, cost), { clientKey: "administration" });
