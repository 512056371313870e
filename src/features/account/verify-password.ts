import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Client, PasswordCost, SessionEvent } from "../../kit/context.js";
import type { Access } from "../../database/transaction.js";
import { KnownError } from "../../foundation/errors.js";
import type { Dialect } from "../../database/sql.js";
import type { User } from "../user/user.entity.js";
import { lockUser } from "../user/user.service.js";
import { isKnownAddress, recordFailure, recordSuccess, refuseWhileWaiting } from "./attempt-throttle.js";
import { hashPassword, inHashingTurn, isOutdated, passwordMatches } from "./password.js";
import type { StoredPassword } from "./password.reads.js";

/** The access to accounts. */
export type Accounts = Access & { readonly settings: { readonly passwordCost: PasswordCost } };

/** A try of a password: whose, and what becomes of it. */
export type Tried = {
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
export async function withPassword<Result>(
  access: Accounts,
  tried: Tried,
  client: Client,
  now: Date,
  work: (em: SqlEntityManager, user: User, dialect: Dialect) => Promise<Result>,
): Promise<Result> {
  const { reader, transaction, signal } = access;
  const { passwordCost } = access.settings;
  const attempted = { account: tried.account, addressKey: client.addressKey };

  const verify = async (stored: StoredPassword | undefined): Promise<Result> => {
    const matches = await passwordMatches(stored?.passwordHash, tried.password, passwordCost);
    if (stored === undefined || !matches) {
      await transaction((em) => recordFailure(em, attempted, now));
      throw wrongPassword(tried.refusal);
    }
    const replacement =
      tried.newPassword ?? (isOutdated(stored.passwordHash, passwordCost) ? tried.password : undefined);
    const passwordHash =
      replacement === undefined ? stored.passwordHash : await hashPassword(replacement, passwordCost);
    const done = await transaction(async (em, dialect) => {
      const user = await lockUser(em, stored.userId);
      // Hashing took a while. What another process has changed meanwhile is judged as it is now.
      if (user?.passwordHash !== stored.passwordHash) return undefined;
      user.passwordHash = passwordHash;
      const result = await work(em, user, dialect);
      await recordSuccess(em, attempted, now);
      return { result };
    });
    return done === undefined ? verify(await tried.find()) : done.result;
  };

  const first = await isKnownAddress(reader, attempted, now);
  return inHashingTurn(
    async () => {
      const stored = await tried.find();
      const account = client.accountKeyOf(tried.account);
      const ids = { account, ...tried.ids, ...(stored && { userId: stored.userId }) };
      return noteRefusal(tried.refusal, ids, client, async () => {
        await refuseWhileWaiting(reader, attempted, now);
        return verify(stored);
      });
    },
    { clientKey: client.addressKey, first, signal },
  );
}

/** The one answer to credentials that don't fit, which tells nothing of why. */
function wrongPassword(refusal: Refusal): KnownError {
  return new KnownError(
    "INVALID_CREDENTIALS",
    refusal === "sign-in refused" ? "Wrong email or password" : "Wrong current password",
  );
}

/** Does `work`, and notes a refusal that it ends in. */
export async function noteRefusal<Result>(
  event: Refusal,
  ids: Pick<SessionEvent, "account" | "userId" | "sessionId">,
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
