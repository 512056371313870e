import type { ApolloServer } from "@apollo/server";
import type { Logger } from "pino";

import { passwordCost as fullCost } from "./account/password.js";
import type { Clock, Timer } from "./clock.js";
import type { Config } from "./config/settings.js";
import type { Context, PasswordCost } from "./context.js";
import { contextFactory, type Caller, type OperationContext } from "./create-context.js";
import { openDatabase } from "./database/database.js";
import type { Database } from "./database/engine.js";
import { answerStatus } from "./http/response-status.js";
import { errorFormatter } from "./operation/error-format.js";
import { endpointUrl } from "./http/paths.js";
import { makeHttpServer, type Service } from "./http/http-server.js";
import { readinessOf } from "./http/readiness.js";
import { startApollo } from "./operation/apollo-server.js";
import { eventCursors } from "./event-log/event-cursor.js";
import { openEventLog } from "./event-log/event-log.js";
import { openLive, type LiveServer } from "./live/live.js";
import { openReader } from "./database/reader.js";
import { transactionsOn } from "./database/transaction.js";
import { byteBudget } from "./http/byte-budget.js";
import { entities, makeSchema } from "./schema.js";
import { keyringOf, publicKeysOf, secretKey, type Keyring } from "./config/signing-keys.js";
import { keptSecret } from "./config/kept-secret.js";

// A burst of connections that overflows the queue makes everybody's connections wait for seconds (Node takes 511).
const connectionBacklog = 4096;

/** Where a machine keeps what is made for it. */
const dataFolder = "./data";

/** A server that answers, until it is stopped. */
export type RunningServer = {
  /** The GraphQL endpoint. */
  readonly url: string;
  /** Runs operations without HTTP, as `executeOperation` with a context of `createContext`. */
  readonly apollo: ApolloServer<Context>;
  readonly createContext: (caller: Caller) => Promise<OperationContext>;
  readonly database: Database;
  /** The file of the signing secret, where the settings have none. */
  readonly secretFile: { readonly path: string; readonly isNew: boolean } | undefined;
  /** Says to who asks that it is not to be sent requests any more, and still answers them. */
  readonly drain: () => void;
  /** Finishes what is under way, takes nothing new, and closes the database; once, however often it is called. */
  readonly stop: () => Promise<void>;
  /** Closes every connection, whatever is under way on it. */
  readonly cut: () => void;
};

/**
 * Starts a server: listens, opens and migrates its database, and puts the parts together. This is the only place that
 * knows them all.
 *
 * @throws the error of `listen` (`EADDRINUSE` and the like), or `DatabaseUnusableError`, with nothing left open.
 */
export async function startServer(parts: {
  readonly config: Config;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  readonly name?: string;
  /** What hashing a password costs. Tests that are about something else make it cheap. */
  readonly passwordCost?: PasswordCost;
  /** An open database in place of the one that the settings name. Tests copy one that is migrated. */
  readonly database?: Database;
  /**
   * Whether it listens only once it can answer operations. Otherwise those that come before wait, and who asks is told
   * that the server starts.
   */
  readonly listensLast?: boolean;
}): Promise<RunningServer> {
  const { config, timer, log, name = "postern" } = parts;
  const { limits } = config;
  const kept = config.signingKeys === undefined ? await keptSecret(dataFolder) : undefined;
  const keys = config.signingKeys ?? keyringOf([secretKey(kept!.secret)]);

  const { http, serve, drain } = makeHttpServer({
    timer,
    log,
    name,
    offersSandbox: !config.production,
    trustProxy: config.trustProxy,
    corsOrigins: config.corsOrigins,
    publicKeys: publicKeysOf(keys),
    longestUrl: limits.urlLength,
    connections: limits.connections,
    longestWait: limits.operationTimeoutSeconds * 1000,
    timeouts: {
      headers: limits.headersTimeoutSeconds * 1000,
      request: limits.requestTimeoutSeconds * 1000,
      checkEvery: 1000,
    },
  });

  const listen = () => http.listen({ port: config.port, host: config.host, backlog: connectionBacklog });
  let open: Operations | undefined;
  try {
    if (parts.listensLast !== true) await listen();
    open = await openOperations({ ...parts, keys });
    serve(open.service);
    if (parts.listensLast === true) await listen();
  } catch (error) {
    http.server.closeAllConnections();
    await http.close();
    await (open?.close() ?? parts.database?.close(true));
    throw error;
  }
  const { apollo, createContext, database, live, close } = open;
  const stopAll = async () => {
    drain();
    // No connection is taken from here on.
    await Promise.all([http.close(), live.stop()]);
    await close();
  };
  let stopping: Promise<void> | undefined;
  return {
    url: endpointUrl(http.server.address(), config.host),
    apollo,
    createContext,
    database,
    secretFile: kept,
    drain,
    stop: () => (stopping ??= stopAll()),
    cut() {
      live.cut();
      http.server.closeAllConnections();
    },
  };
}

/** What answers operations, and what it is made of. */
type Operations = Pick<RunningServer, "apollo" | "createContext" | "database"> & {
  readonly service: Service;
  readonly live: LiveServer;
  /** Ends what has no connection: all of these are over by then. */
  readonly close: () => Promise<void>;
};

/** Opens the database, and makes all that answers operations with it. */
async function openOperations(
  parts: Parameters<typeof startServer>[0] & { readonly keys: Keyring },
): Promise<Operations> {
  const { config, clock, timer, log, keys, passwordCost = fullCost } = parts;
  const { limits } = config;
  const database = parts.database ?? (await openDatabase(config.databaseUrl, entities, config.databaseUse));
  const reader = await openReader(database, limits.slowReads).catch(async (error: unknown) => {
    await database.close(true);
    throw error;
  });
  const sessionRules = { ...config.sessionRules, keys };
  const transactions = transactionsOn(database, () => events.wake());
  const events = openEventLog({
    database,
    reader,
    transaction: transactions({ party: "event log" }),
    clock,
    timer,
    ttlSeconds: config.eventLogTtlSeconds,
    onError: (error) => log.error({ err: error }, "the event log can't be read"),
  });
  const contexts = contextFactory({
    clock,
    timer,
    operationTimeoutSeconds: limits.operationTimeoutSeconds,
    maxAnswerBytes: limits.answerBytes,
    reader,
    transactions,
    log,
    passwordCost,
    publicReads: config.publicReads,
    sessionRules,
  });
  const { createContext } = contexts;

  const formatError = errorFormatter(log);
  const apollo = await startApollo({ config, schema: makeSchema(), formatError, answerStatus, log });
  const operations = {
    ...contexts,
    apollo,
    formatError,
    trustedDocuments: config.trustedDocuments,
    maxAnswerBytes: limits.answerBytes,
    answers: byteBudget(limits.answerBytesInFlight, clock),
    sendTimeoutMilliseconds: limits.sendTimeoutSeconds * 1000,
  };
  const live = openLive({
    ...operations,
    clock,
    timer,
    log,
    events,
    cursors: eventCursors(keys),
    reader,
    ttlSeconds: config.eventLogTtlSeconds,
    clockToleranceSeconds: sessionRules.clockToleranceSeconds,
    corsOrigins: config.corsOrigins,
    maxConnections: limits.sockets,
    maxMessageBytes: limits.messageBytes,
    limits: {
      connectionsOfParty: limits.socketsOfUser,
      operationsOfSocket: limits.operationsOfSocket,
      messagesPerSecond: limits.messagesPerSecond,
    },
  });
  return {
    apollo,
    createContext,
    database,
    live,
    service: {
      graphql: {
        ...operations,
        maxBodyBytes: limits.bodyBytes,
        bodies: byteBudget(limits.bodyBytesInFlight, clock),
        openStream: live.stream,
      },
      upgrade: live.upgrade,
      readiness: readinessOf({ database, reader, events, timer, log }),
    },
    async close() {
      await apollo.stop();
      await events.close();
      await reader.close();
      await database.close(true);
    },
  };
}
