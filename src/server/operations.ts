import type { GraphQLSchema } from "graphql";

import { inHashingTurn, passwordCost as fullCost } from "../features/account/password.js";
import { contextFactory } from "../graphql/create-context.js";
import { databaseErrorKind, openDatabase } from "../database/database.js";
import { operationRunner } from "../graphql/run-operation.js";
import { errorFormatter } from "../graphql/error-format.js";
import type { Service } from "./connection/http-server.js";
import { readinessOf } from "./monitoring/readiness.js";
import { startApollo } from "../graphql/apollo-server.js";
import { knownDocuments, nameOf } from "../graphql/documents.js";
import { eventCursors } from "../database/event-log/event-cursor.js";
import { openEventLog } from "../database/event-log/event-log.js";
import { repeatedErrors } from "../foundation/log.js";
import { LiveServer } from "./live/live.js";
import { loadsOf } from "../foundation/metrics/loads.js";
import type { DatabaseErrorKind, Metrics } from "../foundation/metrics/metrics.js";
import { processorTurns } from "../foundation/fairness/processor-turns.js";
import { keepRenewingWords, type WordsRenewal } from "../features/post/search/words-renewal.js";
import { openReader } from "../database/reader.js";
import { transactionsOn } from "../database/transaction.js";
import { ByteBudget } from "./connection/byte-budget.js";
import type { Features } from "../graphql/schema.js";
import type { Keyring } from "../foundation/config/signing-keys.js";
import type { Tracing } from "../foundation/tracing/span.js";
import type { Answering, ServerParts } from "./parts.js";
import { markStart } from "./mark-start.js";

// A counter would say so for as long as its window: longer than many an outage.
const awayMilliseconds = 15_000;

class DriverWarning extends Error {
  override readonly name = "DriverWarning";
}

/** What answers operations, and what it is made of. */
export type Operations = Answering & {
  readonly service: Service;
  readonly live: LiveServer;
  /** Ends what has no connection: all of these are over by then. */
  readonly close: () => Promise<void>;
};

/** Opens the database, and makes all that answers operations with it. */
export async function openOperations(
  parts: ServerParts & {
    readonly features: Features;
    readonly keys: Keyring;
    readonly schema: GraphQLSchema;
    readonly metrics: Metrics | undefined;
    readonly tracing: Tracing | undefined;
    readonly connections: () => number;
  },
): Promise<Operations> {
  const { config, clock, timer, log, keys, schema, metrics, passwordCost = fullCost } = parts;
  const { limits } = config;
  let lastAway = -Infinity;
  const onDatabaseError = (kind: DatabaseErrorKind) => {
    metrics?.databaseError(kind);
    if (kind === "away") lastAway = clock().getTime();
  };
  const logRepeated = repeatedErrors(log, timer);
  const { entities, migrations, errorCodes } = parts.features;
  const database = parts.database ?? (await openDatabase(config.databaseUrl, entities, config.databaseUse, migrations));
  const reader = await openReader(database, limits.slowReads).catch(async (error: unknown) => {
    await database.close(true);
    throw error;
  });
  database.warnings.tell = (message) => logRepeated(new DriverWarning(message), "the database's driver warns");
  const sessionRules = { ...config.sessionRules, keys };
  const transactions = transactionsOn(
    database,
    () => {
      events.wake();
      renewal.wake();
    },
    { timer },
  );
  const events = openEventLog({
    database,
    reader,
    transaction: transactions({ clientKey: "event log" }),
    clock,
    timer,
    ttlSeconds: config.eventLogTtlSeconds,
    onError(error) {
      logRepeated(error, "the event log can't be read");
      onDatabaseError(databaseErrorKind(error) ?? "other");
    },
  });
  const renewal: WordsRenewal = keepRenewingWords({
    transaction: transactions({ clientKey: "search index" }),
    clock,
    timer,
    onError(error) {
      log.warn({ err: error }, "the search index can't be renewed now");
      metrics?.databaseError(databaseErrorKind(error) ?? "other");
    },
  });
  const contexts = contextFactory({
    clock,
    timer,
    operationTimeoutSeconds: limits.operationTimeoutSeconds,
    maxAnswerBytes: limits.answerBytes,
    reader,
    transactions,
    log,
    settings: { sessionRules, passwordCost, publicReads: config.publicReads, postsPerHour: limits.postsPerHour },
    onSessionEvent: metrics?.session,
  });
  const { createContext } = contexts;

  const formatError = errorFormatter(log, logRepeated, errorCodes, onDatabaseError);
  // Viewers keep their half, however much others have parsed.
  const turns = { viewers: processorTurns(1 / 2), others: processorTurns(1 / 4) };
  const documents = knownDocuments();
  const apollo = await startApollo({
    config,
    schema,
    formatError,
    errorCodes,
    documents,
    turns,
    log,
  });
  const maxAnswerBytes = limits.answerBytes;
  const run = operationRunner({
    apollo,
    createContext,
    formatError,
    nameOf: (asked) => nameOf(schema, documents, asked),
    maxAnswerBytes,
  });
  const operations = {
    run,
    trustedDocuments: config.trustedDocuments,
    answers: new ByteBudget(limits.answerBytesInFlight, clock),
    sendTimeoutMilliseconds: limits.sendTimeoutSeconds * 1000,
    parsing: turns.others,
  };
  const live = new LiveServer({
    ...operations,
    ...contexts,
    formatError,
    maxAnswerBytes,
    clock,
    timer,
    log,
    metrics,
    tracing: parts.tracing,
    events,
    cursors: eventCursors(keys),
    reader,
    ttlSeconds: config.eventLogTtlSeconds,
    clockToleranceSeconds: sessionRules.clockToleranceSeconds,
    corsOrigins: config.corsOrigins,
    maxConnections: limits.sockets,
    maxMessageBytes: limits.messageBytes,
    limits: {
      connectionsOfClient: limits.socketsOfUser,
      operationsOfSocket: limits.operationsOfSocket,
      messagesPerSecond: limits.messagesPerSecond,
    },
  });
  metrics?.watch(
    loadsOf({
      connections: parts.connections,
      live: () => live.load(),
      eventLog: () => ({ length: events.length(), overdueSeconds: events.overdueSeconds() }),
      reads: reader.load,
      isDatabaseAway: () => clock().getTime() - lastAway < awayMilliseconds,
      writes: transactions.load,
      passwords: inHashingTurn.load,
    }),
  );
  if (parts.markFolder !== undefined)
    await markStart({
      url: config.databaseUrl,
      folder: parts.markFolder,
      engine: database.engine,
      events,
      reader,
      clock,
      log,
    });
  return {
    apollo,
    createContext,
    database,
    live,
    service: {
      createContext,
      graphql: {
        ...operations,
        maxBodyBytes: limits.bodyBytes,
        bodies: new ByteBudget(limits.bodyBytesInFlight, clock),
        openStream: (...request) => live.stream(...request),
      },
      upgrade: (...request) => live.upgrade(...request),
      readiness: readinessOf({ database, reader, events, timer, log }),
    },
    async close() {
      await apollo.stop();
      await Promise.all([events.close(), renewal.close()]);
      await reader.close();
      await database.close(true);
    },
  };
}
