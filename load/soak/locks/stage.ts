import { hashPassword } from "../../../src/features/account/password.js";
import { systemClock } from "../../../src/foundation/clock.js";
import { classifyDatabaseError } from "../../../src/database/database-error.js";
import { transactionsOn, type Transaction } from "../../../src/database/transaction.js";
import { KnownError } from "../../../src/foundation/errors.js";
import type { RunningServer } from "../../../src/server/server.js";
import { cheapest, serversInProcess } from "../server-in-process.js";

/** Two servers on one database. Each has connections of its own, and writers of either meet those of the other. */
export type Stage = {
  readonly servers: readonly [RunningServer, RunningServer];
  /** Transactions of a command line beside the servers. */
  readonly transaction: Transaction;
  /** The hash of every password, which costs next to nothing. */
  readonly passwordHash: string;
  /** The last lines that the servers logged of what they didn't expect. */
  readonly unexpected: readonly string[];
  /** How many deadlocks the database has broken so far. */
  readonly deadlocks: () => Promise<number>;
  readonly close: () => Promise<void>;
};

export const password = "the password of everybody here";

export async function openStage(url: string): Promise<Stage> {
  const { errors: unexpected, start } = serversInProcess({
    DATABASE_URL: url,
    METRICS: "off",
    // A busy machine is slow; the errors to find are those of locks.
    OPERATION_TIMEOUT: "2m",
  });
  const servers = [await start(), await start()] as const;
  const { database } = servers[0];
  return {
    servers,
    transaction: transactionsOn(servers[1].database)({ clientKey: "administration", now: systemClock() }),
    passwordHash: await hashPassword(password, cheapest),
    unexpected,
    async deadlocks() {
      // A backend reports what it counted once it is idle, after a second at most.
      const [row] = await database.em
        .fork()
        .execute<{ deadlocks: string }[]>("select deadlocks from pg_stat_database where datname = current_database()");
      return Number(row!.deadlocks);
    },
    close: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

/** A server's answer to a mutation: the first error's code, or `ok`. */
export async function codeOf(
  { apollo, createContext }: RunningServer,
  query: string,
  variables: Record<string, unknown>,
  caller: { readonly token?: string | undefined; readonly address: string },
): Promise<{ readonly code: string; readonly data: any }> {
  const contextValue = await createContext({
    authorization: caller.token === undefined ? [] : [`Bearer ${caller.token}`],
    userAgent: null,
    address: caller.address,
  });
  try {
    const { body } = await apollo.executeOperation({ query, variables }, { contextValue });
    if (body.kind !== "single") throw new Error("The operation has more than one answer");
    const { data, errors } = body.singleResult;
    return { code: (errors?.[0]?.extensions?.["code"] as string | undefined) ?? "ok", data };
  } finally {
    contextValue.operation.end();
  }
}

/** Runs work without a server. Returns its error's code, or `ok`. */
export async function codeOfWork(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "ok";
  } catch (error) {
    if (error instanceof KnownError) return error.code;
    return `${classifyDatabaseError(error) ?? "error"}: ${(error as Error).message}`;
  }
}
