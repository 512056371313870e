import { systemStopwatch, systemTimer, type Stopwatch, type Timer } from "../foundation/clock.js";
import type { Database } from "./engine.js";
import type { Read } from "./read.js";
import { ReadQueue, type ReaderLoad } from "./read-queue.js";
import type { Sql } from "./sql.js";
import { traceStatement } from "./statement-tracing.js";

/**
 * Reads from the database on read-only connections of its own, so that no page waits for a write. Statements are plain
 * SQL and are kept prepared. A statement sees everything that was committed before it started.
 */
export type Reader = {
  /**
   * Returns all rows of a statement.
   *
   * @throws KnownError `SERVICE_UNAVAILABLE` if too many scans wait; the signal's reason.
   */
  readonly all: <Row>(statement: Sql, read: Read) => Promise<Row[]>;
  /** Looks up sessions and their users, on a connection that nothing else uses. */
  readonly credentials: <Row>(statement: Sql, operations: readonly Pick<Read, "span">[]) => Promise<Row[]>;
  /** Returns how many reads wait, and how many connections are busy. */
  readonly load: () => ReaderLoad;
  /** Waits for the statements that are running, and closes the connections. */
  readonly close: () => Promise<void>;
};

/** Opens the reader of a database that is open and migrated. */
export async function openReader(
  database: Database,
  options: {
    /** How many scans may run or wait at a time; half as many for one client key. */
    readonly maxSlowReads: number;
    readonly timer?: Timer;
    readonly stopwatch?: Stopwatch;
  },
): Promise<Reader> {
  const { maxSlowReads, timer = systemTimer, stopwatch = systemStopwatch } = options;
  const { engine } = database;
  const connections = await engine.openReadConnections(database, timer);
  const queue = new ReadQueue({ connections, dialect: engine.dialect, maxSlowReads, stopwatch });
  const { credentials, short, any } = connections;
  return {
    all: (statement, read) => queue.all(statement, read),
    credentials: (statement, operations) =>
      traceStatement(operations, statement, engine.dialect, () => credentials.all(statement)),
    load: () => queue.load(),
    close: async () => void (await Promise.all([credentials, ...short, ...any].map((one) => one.close()))),
  };
}
