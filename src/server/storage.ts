import type { Logger } from "pino";

import { scheduledPosts } from "../features/post/event/scheduled-posts.js";
import { keepRenewingWords, type WordsRenewal } from "../features/post/search/reindexer.js";
import { AfterCommits } from "../database/after-commit.js";
import { classifyDatabaseError } from "../database/database-error.js";
import { openDatabase } from "../database/database.js";
import type { Database } from "../database/engine.js";
import { openEventLog, type EventLog } from "../database/event-log/event-log.js";
import { readerFor } from "../database/operation-reader.js";
import { openReader, type Reader } from "../database/reader.js";
import { refuseSubscribers } from "../database/refuse-subscribers.js";
import { transactionsOn } from "../database/transaction.js";
import type { Clock, Timer } from "../foundation/clock.js";
import type { Config } from "../foundation/config/config.js";
import type { RepeatedErrors } from "../foundation/repeated-errors.js";
import type { DatabaseErrorKind } from "../foundation/metrics/metrics.js";
import { entities as ownEntities, type Features } from "../graphql/schema.js";

/** The open database and everything that works on it. */
export type Storage = {
  readonly database: Database;
  readonly reader: Reader;
  readonly transactions: ReturnType<typeof transactionsOn>;
  readonly events: EventLog;
  readonly close: () => Promise<void>;
};

class DriverWarning extends Error {
  override readonly name = "DriverWarning";
}

/** @throws DatabaseUnusableError, with nothing left open. */
export async function openStorage(deps: {
  readonly config: Config;
  readonly features: Features;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  /** Logs an error that many operations meet at a time. */
  readonly logRepeated: RepeatedErrors;
  readonly onDatabaseError: (kind: DatabaseErrorKind) => void;
  /** An open database to use instead of the one in the settings. */
  readonly database: Database | undefined;
}): Promise<Storage> {
  const { config, clock, timer, logRepeated, onDatabaseError } = deps;
  const { database, reader } = await openBoth(deps);
  refuseSubscribers(database, ownEntities);
  database.warnings.report = (message) => logRepeated(new DriverWarning(message), "the database's driver warns");
  const transactions = transactionsOn(
    database,
    () => {
      events.wake();
      renewal.wake();
    },
    { timer, topics: deps.features.topics, afterCommit: (work, clientKey) => afterCommits.run(work, clientKey) },
  );
  const events = openEventLog({
    database,
    reader,
    transaction: transactions({ clientKey: "event log" }),
    clock,
    timer,
    ttlSeconds: config.eventLogTtlSeconds,
    scheduled: scheduledPosts,
    onError(error) {
      logRepeated(error, "the event log can't be read");
      onDatabaseError(classifyDatabaseError(error) ?? "other");
    },
  });
  const renewal: WordsRenewal = keepRenewingWords({
    transaction: transactions({ clientKey: "search index" }),
    clock,
    timer,
    onError(error) {
      deps.log.warn({ err: error }, "the search index can't be renewed now");
      onDatabaseError(classifyDatabaseError(error) ?? "other");
    },
  });
  const afterCommits = new AfterCommits({
    services: (signal) => ({
      reader: readerFor(reader, { clientKey: "after commit", signal }),
      transaction: transactions({ clientKey: "after commit", now: clock(), signal }),
      log: deps.log,
    }),
    timer,
    onError: (error) => deps.log.error({ err: error }, "work after a commit failed"),
  });
  const close = async () => {
    await afterCommits.idle();
    await Promise.all([events.close(), renewal.close()]);
    await reader.close();
    await database.close(true);
  };
  return { database, reader, transactions, events, close };
}

async function openBoth({ config, features, database: given }: Parameters<typeof openStorage>[0]) {
  const { databaseUrl, databaseUse, limits } = config;
  const database =
    given ??
    (await openDatabase(databaseUrl, features.entities, { use: databaseUse, migrations: features.migrations }));
  try {
    return { database, reader: await openReader(database, { maxSlowReads: limits.slowReads }) };
  } catch (error) {
    await database.close(true);
    throw error;
  }
}
