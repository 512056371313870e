import type { GraphQLSchema } from "graphql";

import { inHashingTurn, passwordCost as fullCost } from "../features/account/password.js";
import { eventCursors } from "../database/event-log/event-cursor.js";
import type { Keyring } from "../foundation/config/signing-keys.js";
import { cpuLimiter } from "../foundation/fairness/cpu-limiter.js";
import { repeatedErrors } from "../foundation/repeated-errors.js";
import { loadsOf } from "../foundation/metrics/loads.js";
import type { Metrics } from "../foundation/metrics/metrics.js";
import type { Tracing } from "../foundation/tracing/span.js";
import { startApollo } from "../graphql/apollo-server.js";
import { contextFactory } from "../graphql/create-context.js";
import { knownDocuments, nameOf } from "../graphql/documents.js";
import { errorFormatter } from "../graphql/error-format.js";
import { operationRunner, type FormatError } from "../graphql/run-operation.js";
import type { Features } from "../graphql/schema.js";
import { logUndeclaredCodes } from "../graphql/undeclared-codes.js";
import type { AllowedOrigins } from "./connection/allowed-origins.js";
import { ByteBudget } from "./connection/byte-budget.js";
import type { Service } from "./connection/http-server.js";
import { DatabaseTrouble } from "./database-trouble.js";
import { LiveServer } from "./live/live.js";
import { markStart } from "./mark-start.js";
import { readinessOf } from "./monitoring/readiness.js";
import type { Answering, ServerParts } from "./parts.js";
import { openStorage, type Storage } from "./storage.js";

/** Everything that answers operations. */
export type Operations = Answering & {
  readonly service: Service;
  readonly live: LiveServer;
  /** Closes what has no connection. All connections must have ended. */
  readonly close: () => Promise<void>;
};

type Deps = ServerParts & {
  readonly features: Features;
  readonly keys: Keyring;
  readonly schema: GraphQLSchema;
  readonly metrics: Metrics | undefined;
  readonly tracing: Tracing | undefined;
  readonly origins: AllowedOrigins;
  /** Returns the number of open connections. */
  readonly connections: () => number;
};

/** Opens the database, and makes everything that answers operations with it. */
export async function openOperations(deps: Deps): Promise<Operations> {
  const { config, clock, timer, log, metrics, database: given } = deps;
  const trouble = new DatabaseTrouble(clock, metrics);
  const logRepeated = repeatedErrors(log, timer);
  const storage = await openStorage({ ...deps, database: given, logRepeated, onDatabaseError: trouble.record });
  const { database, reader, events } = storage;
  const formatError = errorFormatter(log, logRepeated, deps.features.errorCodes, trouble.record);
  const execution = await startExecution(deps, storage, formatError);
  const { apollo, contexts, shared } = execution;
  const live = openLive(deps, storage, execution, formatError);
  metrics?.watch(
    loadsOf({
      connections: deps.connections,
      live: () => live.load(),
      eventLog: () => ({ length: events.length(), overdueSeconds: events.overdueSeconds() }),
      reads: reader.load,
      isDatabaseAway: trouble.isAway,
      writes: storage.transactions.load,
      passwords: inHashingTurn.load,
    }),
  );
  if (deps.markFolder !== undefined)
    await markStart({ ...deps, ...storage, url: config.databaseUrl, folder: deps.markFolder, engine: database.engine });
  const { createContext } = contexts;
  return {
    apollo,
    createContext,
    database,
    live,
    service: {
      createContext,
      graphql: {
        ...shared,
        maxBodyBytes: config.limits.bodyBytes,
        bodies: new ByteBudget(config.limits.bodyBytesInFlight, clock),
        openStream: (...request) => live.stream(...request),
      },
      upgrade: (...request) => live.upgrade(...request),
      readiness: readinessOf({ database, reader, events, timer, log }),
    },
    async close() {
      await apollo.stop();
      await storage.close();
    },
  };
}

type Execution = Awaited<ReturnType<typeof startExecution>>;

/** Makes what runs operations, and what HTTP, sockets and streams share for that. */
async function startExecution(deps: Deps, { reader, transactions }: Storage, formatError: FormatError) {
  const { config, clock, timer, log, keys, schema, metrics, passwordCost = fullCost } = deps;
  const { limits, publicReads, trustedDocuments } = config;
  const contexts = contextFactory({
    clock,
    timer,
    operationTimeoutSeconds: limits.operationTimeoutSeconds,
    maxAnswerBytes: limits.answerBytes,
    reader,
    transactions,
    log,
    settings: {
      sessionRules: { ...config.sessionRules, keys },
      passwordCost,
      publicReads,
      postsPerHour: limits.postsPerHour,
    },
    onSessionEvent: metrics?.session,
    onUndeclaredCode: logUndeclaredCodes(log),
  });
  // Viewers keep their half, however much others have parsed.
  const turns = { viewers: cpuLimiter(1 / 2), others: cpuLimiter(1 / 4) };
  const documents = knownDocuments();
  const { errorCodes } = deps.features;
  const apollo = await startApollo({ config, schema, formatError, errorCodes, documents, turns, log });
  const run = operationRunner({
    apollo,
    createContext: contexts.createContext,
    formatError,
    nameOf: (asked) => nameOf(schema, documents, asked),
    maxAnswerBytes: limits.answerBytes,
  });
  const shared = {
    run,
    trustedDocuments,
    answers: new ByteBudget(limits.answerBytesInFlight, clock),
    sendTimeoutMilliseconds: limits.sendTimeoutSeconds * 1000,
    parsing: turns.others,
  };
  return { apollo, contexts, shared };
}

const openLive = (
  { config, clock, timer, log, keys, metrics, tracing, origins }: Deps,
  { events, reader }: Storage,
  { contexts, shared }: Execution,
  formatError: FormatError,
): LiveServer =>
  new LiveServer({
    ...shared,
    ...contexts,
    formatError,
    clock,
    timer,
    log,
    metrics,
    tracing,
    events,
    reader,
    cursors: eventCursors(keys),
    ttlSeconds: config.eventLogTtlSeconds,
    clockToleranceSeconds: config.sessionRules.clockToleranceSeconds,
    origins,
    maxAnswerBytes: config.limits.answerBytes,
    maxConnections: config.limits.sockets,
    maxMessageBytes: config.limits.messageBytes,
    limits: {
      connectionsOfClient: config.limits.socketsOfUser,
      operationsOfSocket: config.limits.operationsOfSocket,
      messagesPerSecond: config.limits.messagesPerSecond,
    },
  });
