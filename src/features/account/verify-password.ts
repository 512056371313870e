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

/** The database, and the cost of hashing a password. */
export type AccountAccess = Access & { readonly settings: { readonly passwordCost: PasswordCost } };

/** An attempt at the password of an account. */
export type PasswordAttempt = {
  /** The key under which attempts at the account are counted, whether or not it exists. */
  readonly account: string;
  readonly find: () => Promise<StoredPassword | undefined>;
  readonly password: string;
  /** Replaces the password if it was right. */
  readonly newPassword?: string;
  readonly refusal: Refusal;
  /** The ids of the client, for the log. */
  readonly ids?: { readonly sessionId: string };
};

type Refusal = Extract<SessionEvent["event"], `${string} refused`>;

/**
 * Verifies a password under the attempt throttle. If it is right, runs `work` and clears the counters in one transaction.
 * A password that was hashed with older parameters is hashed again.
 *
 * All of this takes one hashing turn, so of many attempts at once, each sees the counts of those before it. Addresses that
 * have signed the account in before go first, so guesses from elsewhere don't keep its user out.
 *
 * @throws KnownError `INVALID_CREDENTIALS`, in the same time whether or not there is an account; `TOO_MANY_ATTEMPTS`;
 * `SERVICE_UNAVAILABLE` if too many wait for a turn.
 */
export async function withPassword<Result>(
  access: AccountAccess,
  attempt: PasswordAttempt,
  client: Client,
  now: Date,
  work: (em: SqlEntityManager, user: User, dialect: Dialect) => Promise<Result>,
): Promise<Result> {
  const { reader, transaction, signal } = access;
  const { passwordCost } = access.settings;
  const source = { account: attempt.account, addressKey: client.addressKey };

  const verify = async (stored: StoredPassword | undefined): Promise<Result> => {
    const matches = await passwordMatches(stored?.passwordHash, attempt.password, passwordCost);
    if (stored === undefined || !matches) {
      await transaction((em) => recordFailure(em, source, now));
      throw wrongPassword(attempt.refusal);
    }
    const replacement =
      attempt.newPassword ?? (isOutdated(stored.passwordHash, passwordCost) ? attempt.password : undefined);
    const passwordHash =
      replacement === undefined ? stored.passwordHash : await hashPassword(replacement, passwordCost);
    const done = await transaction(async (em, dialect) => {
      const user = await lockUser(em, stored.userId);
      // Hashing took a while, in which another process may have changed the password.
      if (user?.passwordHash !== stored.passwordHash) return undefined;
      user.passwordHash = passwordHash;
      const result = await work(em, user, dialect);
      await recordSuccess(em, dialect, source, now);
      return { result };
    });
    return done === undefined ? verify(await attempt.find()) : done.result;
  };

  const first = await isKnownAddress(reader, source, now);
  return inHashingTurn(
    async () => {
      const stored = await attempt.find();
      const account = client.accountKeyOf(attempt.account);
      const ids = { account, ...attempt.ids, ...(stored && { userId: stored.userId }) };
      return logRefusal(attempt.refusal, ids, client, async () => {
        await refuseWhileWaiting(reader, source, now);
        return verify(stored);
      });
    },
    { clientKey: client.addressKey, first, signal },
  );
}

/** Returns the error for all wrong credentials. It doesn't say what is wrong with them. */
function wrongPassword(refusal: Refusal): KnownError {
  return new KnownError(
    "INVALID_CREDENTIALS",
    refusal === "sign-in refused" ? "Wrong email or password" : "Wrong current password",
  );
}

/** Runs `work`, and logs if it is refused. */
export async function logRefusal<Result>(
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
