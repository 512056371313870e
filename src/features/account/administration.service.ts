import type { EntityManager } from "@mikro-orm/core";

import type { PasswordCost } from "../../kit/context.js";
import type { Transaction } from "../../database/transaction.js";
import { endSessions, type Ended } from "../session/session.service.js";
import { createUser, emailKeyOf, requireUser } from "../user/user.service.js";
import { removeRest } from "./remove-user.js";
import { forgetFailures } from "./attempt-throttle.js";
import { hashPassword, inHashingTurn } from "./password.js";

// What is done to accounts by those who administer the server. They prove who they are by having its database.

type Administration = {
  readonly transaction: Transaction;
  readonly passwordCost?: PasswordCost | undefined;
  readonly now: Date;
};

/**
 * Creates an account without a session. Answers its user's id.
 *
 * @throws KnownError `CONFLICT` where the email is taken.
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
 * Sets a password in place of one that was forgotten or found out, and ends every session of the user's. Guesses at the
 * old one hold the user up no longer, but for those from an address of their own. Answers the sessions that ended.
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
 * Disables a user, whose credentials answer `USER_GONE` from the next operation on, or lets one sign in again. Either
 * ends every session of theirs, so that none comes back; who is not disabled keeps theirs. Answers those that ended.
 *
 * @throws KnownError `NOT_FOUND`.
 */
export function setDisabled({ transaction, now }: Administration, userId: string, disabled: boolean): Promise<Ended> {
  return transaction(async (em) => {
    // Whoever signs in locks the user too, and finds them disabled, or has a session by now that ends here.
    const user = await requireUser(em, userId);
    if (!disabled && user.disabledAt === null) return { count: 0, ids: [] };
    user.disabledAt = disabled ? (user.disabledAt ?? now) : null;
    return endAllSessions(em, userId, now);
  });
}

/**
 * Deletes a user with all that is theirs. Answers the sessions that end with it.
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
