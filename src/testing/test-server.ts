import { AssertionError } from "node:assert";

import type { GraphQLSchema } from "graphql";

import type { PasswordCost, SessionEvent } from "../kit/context.js";
import { readConfig, type SettingValues } from "../foundation/config/read-config.js";
import type { Database } from "../database/database.js";
import { makeLog } from "../foundation/log.js";
import { featuresWith, makeSchema, type AddedFeature } from "../graphql/schema.js";
import { undeclaredCode } from "../graphql/undeclared-codes.js";
import { startServer, type RunningServer } from "../server/server.js";
import { openSessionFor, personOf, registerPerson, variantsOf, type TestAccount } from "./account.js";
import { handClock, handTimer, millisecondsOf, type HandClock, type HandTimer } from "./clock.js";
import { memoryUrl, openInMemory } from "./database.js";
import { keepIncident } from "./incidents.js";
import { listenToStatements } from "./statements.js";
import { fetchAnswer, transports, type Answer, type Send, type Transport } from "./transport.js";

/** The secret with which test servers sign and tests forge. */
export const testSecret = "kept for the tests: 6b1f0c2e9d7a4835";

/** The least cost of argon2id, since few tests that register users are about hashing. */
const cheapest: PasswordCost = { memoryCost: 8, timeCost: 1, parallelism: 1 };

/** A line of the log, parsed. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test knows what it looks for
type Line = Record<string, any>;

/** The options of a test server, including an application's features. */
export type TestServerOptions = AddedFeature & {
  /** Settings as texts, instead of the defaults. Nothing is read from the environment. */
  readonly settings?: SettingValues;
  /** The way in which `send` reaches the server; HTTP by default. */
  readonly over?: Transport;
  /** The cost of hashing a password; next to nothing by default. */
  readonly passwordCost?: PasswordCost;
  /** An open, migrated database, instead of one in memory. */
  readonly database?: Database;
  /** A timer that the clock doesn't move, for a test that moves it by itself. */
  readonly timer?: HandTimer;
};

/** A server for one test. `await using` stops it at the end of the block; without that, call `stop`. */
export type TestServer = AsyncDisposable & {
  readonly server: RunningServer;
  /** The GraphQL endpoint. */
  readonly url: string;
  readonly schema: GraphQLSchema;
  /** The server's only time. It stands still until it is moved, which runs everything that waits for that time. */
  readonly clock: HandClock;
  readonly timer: HandTimer;
  /** Sends any HTTP request to a path of the server. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Answer>;
  /** Sends one GraphQL request, without a credential by default. */
  readonly send: Send;
  /** Opens a session for the user of this name, who is created if there is none. No password is hashed. */
  readonly as: (name: string) => Promise<TestAccount>;
  /** Registers a new user with a password, like a client. */
  readonly register: (name?: string) => Promise<TestAccount>;
  /** Returns every line of the log so far, parsed. */
  readonly logged: () => Line[];
  /** Returns the events of accounts and sessions so far, in order. */
  readonly events: () => SessionEvent[];
  /** Returns the texts of all statements that this process runs during `work`. */
  readonly countStatements: (work: () => Promise<unknown>) => Promise<string[]>;
  /** Returns the statements that a new migration needs for the tables to match the entities; "" if they do. */
  readonly missingMigration: () => Promise<string>;
  /** @throws AssertionError if a root field answered an error code that it doesn't declare. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts a server on a free port, with a database in memory, a clock moved by hand and hashes that cost nothing.
 *
 * @throws ConfigError for settings that can't be used, and the other errors of `createServer`.
 */
export async function createTestServer({
  settings,
  over = "http",
  passwordCost = cheapest,
  database,
  timer: ownTimer,
  ...added
}: TestServerOptions = {}): Promise<TestServer> {
  const features = featuresWith(added);
  const timer = ownTimer ?? handTimer();
  const clock = ownTimer === undefined ? movingTimer(timer) : handClock();
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    keepIncident(line);
  };
  const { config } = readConfig({ PORT: "0", DATABASE_URL: memoryUrl, JWT_SECRET: testSecret, ...settings });
  const open = database ?? (config.databaseUrl === memoryUrl ? await openInMemory(features) : undefined);
  const server = await startServer({
    config,
    features,
    clock,
    timer,
    passwordCost,
    log: makeLog("info", clock, { write: keep }, { addresses: config.logAddresses }),
    ...(open !== undefined && { database: open }),
  });
  const { url } = server;
  const send = transports[over](server);
  const rules = { ...config.sessionRules, keys: config.signingKeys! };
  const complete = (account: Omit<TestAccount, "send" | "tokens">): TestAccount => ({
    ...account,
    send: (query, options) => send(query, { token: account.token, ...options }),
    tokens: variantsOf(account, rules, clock),
  });
  const logged = () => lines.map((line) => JSON.parse(line) as Line);
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= server.stop().then(() => refuseUndeclaredCodes(lines)));

  let registered = 0;
  return {
    server,
    url,
    schema: makeSchema(features),
    clock,
    timer,
    send,
    logged,
    stop,
    fetch: (path, init) => fetchAnswer(server, path, init),
    as: async (name) => complete(await openSessionFor(server, personOf(name))),
    register: async (name = `Person ${++registered}`) => complete(await registerPerson(send, personOf(name))),
    events: () =>
      logged()
        .filter(({ msg }) => msg === "session")
        .map(eventOf),
    countStatements: statementsOf,
    missingMigration: async () =>
      (await server.database.getSchemaGenerator().getUpdateSchemaSQL({ wrap: false })).trim(),
    [Symbol.asyncDispose]: stop,
  };
}

/** Returns the texts of all statements that this process runs during `work`. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { asked, stop } = listenToStatements();
  try {
    await work();
    return asked.map(({ text }) => text);
  } finally {
    stop();
  }
}

function refuseUndeclaredCodes(lines: readonly string[]): void {
  const problems = lines
    .filter((line) => line.includes(undeclaredCode))
    .map((line) => JSON.parse(line) as Line)
    .map(({ field, code, declareBy }) => `${field} answered ${code}, which it doesn't declare: add ${declareBy}`);
  if (problems.length > 0) throw new AssertionError({ message: problems.join("\n") });
}

function eventOf({ event, userId, sessionId, count, cause }: Line): SessionEvent {
  return {
    event,
    ...(userId && { userId }),
    ...(sessionId && { sessionId }),
    ...(count && { count }),
    ...(cause && { cause }),
  };
}

/** Returns a clock that moves a timer with it. */
function movingTimer(timer: HandTimer): HandClock {
  const clock = handClock();
  return Object.assign(() => clock(), {
    advance(duration: number | string) {
      clock.advance(duration);
      timer.elapse(millisecondsOf(duration));
    },
    set(instant: Date) {
      const passed = instant.getTime() - clock().getTime();
      clock.set(instant);
      if (passed > 0) timer.elapse(passed);
    },
  });
}
