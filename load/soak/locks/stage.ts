import { hashPassword } from "../../../src/features/account/password.js";
import { systemClock } from "../../../src/foundation/clock.js";
import { classifyDatabaseError } from "../../../src/database/database-error.js";
import { transactionsOn, type Transaction } from "../../../src/database/transaction.js";
import { KnownError } from "../../../src/foundation/errors.js";
import type { RunningServer } from "../../../src/server/server.js";
import { cheapest, serversInProcess } from "../server-in-process.js";

/** Two servers on one database. Each has its own connections, so writers of one meet those of the other. */
export type Stage = {
  readonly servers: readonly [RunningServer, RunningServer];
  /** Transactions outside the servers, as the command line's. */
  readonly transaction: Transaction;
  /** The hash of every password, with the cheapest parameters. */
  readonly passwordHash: string;
  /** The servers' last log lines about unexpected errors. */
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
    // Long, since a busy machine is slow and the test looks only for errors of locks.
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
      // A backend reports its counts when it is idle, after at most a second.
      const [row] = await database.em
        .fork()
        .execute<{ deadlocks: string }[]>("select deadlocks from pg_stat_database where datname = current_database()");
      return Number(row!.deadlocks);
    },
    close: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

/** Returns the outcome of a mutation: the first error's code, or `ok`. */
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
