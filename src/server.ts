import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
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
import { endpointPath } from "./http/paths.js";
import { makeHttpServer } from "./http/http-server.js";
import { operationChecks } from "./operation/limits.js";
import { onlyTrusted } from "./operation/trusted-documents.js";
import { eventCursors } from "./event-log/event-cursor.js";
import { openEventLog } from "./event-log/event-log.js";
import { openLive } from "./live/live.js";
import { openReader } from "./database/reader.js";
import { transactionsOn } from "./database/transaction.js";
import { byteBudget } from "./http/byte-budget.js";
import { featuresWith, makeSchema, type Features } from "./schema.js";
import { keyringOf, publicKeysOf, secretKey } from "./config/signing-keys.js";
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
  /** Finishes what is under way, takes nothing new, and closes the database; once, however often it is called. */
  readonly stop: () => Promise<void>;
  /** Closes every connection, whatever is under way on it. */
  readonly cut: () => void;
};

/**
 * Starts a server: opens and migrates its database, puts the parts together and listens. This is the only place
 * that knows them all.
 *
 * @throws the error of `listen` (`EADDRINUSE` and the like) with nothing left open.
 */
export async function startServer(parts: {
  readonly config: Config;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  readonly name?: string;
  /** Ours, and what an application has added to them. */
  readonly features?: Features;
  /** What hashing a password costs. Tests that are about something else make it cheap. */
  readonly passwordCost?: PasswordCost;
  /** An open database in place of the one that the settings name. Tests copy one that is migrated. */
  readonly database?: Database;
}): Promise<RunningServer> {
  const { config, clock, timer, log, name = "postern", passwordCost = fullCost } = parts;
  const features = parts.features ?? featuresWith();
  const { limits } = config;
  const kept = config.signingKeys === undefined ? await keptSecret(dataFolder) : undefined;
  const keys = config.signingKeys ?? keyringOf([secretKey(kept!.secret)]);

  const { entities, migrations, errorCodes } = features;
  const database = parts.database ?? (await openDatabase(config.databaseUrl, entities, config.databaseUse, migrations));
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

  const formatError = errorFormatter(log, errorCodes);
  const apollo = new ApolloServer<Context>({
    schema: makeSchema(features),
    plugins: [
      operationChecks(limits),
      ...(config.trustedDocuments === undefined ? [] : [onlyTrusted(config.trustedDocuments)]),
      answerStatus(errorCodes),
      ApolloServerPluginCacheControlDisabled(),
      // A browser at the endpoint would get Apollo's own page in place of an answer.
      ApolloServerPluginLandingPageDisabled(),
    ],
    formatError,
    logger: log,
    // Each of these would otherwise follow NODE_ENV or a default that an upgrade may change.
    introspection: config.introspection,
    hideSchemaDetailsFromClientErrors: !config.introspection,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: limits.tokens },
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    // Nothing that a browser adds by itself is a credential here, and the route takes POST as JSON alone (decision 14).
    csrfPrevention: false,
    stopOnTerminationSignals: false,
    nodeEnv: config.production ? "production" : "development",
  });
  // Its schema was built here, so starting can't fail for anything a setting or a person could cause.
  await apollo.start();
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
  const http = makeHttpServer({
    graphql: {
      ...operations,
      maxBodyBytes: limits.bodyBytes,
      bodies: byteBudget(limits.bodyBytesInFlight, clock),
      openStream: live.stream,
    },
    upgrade: live.upgrade,
    log,
    name,
    explorer: config.explorer ? { isProduction: config.production } : undefined,
    trustProxy: config.trustProxy,
    corsOrigins: config.corsOrigins,
    publicKeys: publicKeysOf(keys),
    longestUrl: limits.urlLength,
    connections: limits.connections,
    timeouts: {
      headers: limits.headersTimeoutSeconds * 1000,
      request: limits.requestTimeoutSeconds * 1000,
      checkEvery: 1000,
    },
  });

  const close = async () => {
    await live.stop();
    await http.close();
    await apollo.stop();
    await events.close();
    await reader.close();
    await database.close(true);
  };
  const cut = () => {
    live.cut();
    http.server.closeAllConnections();
  };
  let closing: Promise<void> | undefined;
  const stop = () => (closing ??= close());
  try {
    await http.listen({ port: config.port, host: config.host, backlog: connectionBacklog });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: urlOf(http.server.address(), config.host),
    apollo,
    createContext,
    database,
    secretFile: kept,
    stop,
    cut,
  };
}

/** The endpoint's address as a person on this machine would type it. */
function urlOf(address: ReturnType<import("node:http").Server["address"]>, host: string): string {
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${address.port}${endpointPath}`;
}
