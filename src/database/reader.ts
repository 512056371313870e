import { availableParallelism } from "node:os";

import { systemStopwatch, systemTimer, type Stopwatch, type Timer } from "../clock.js";
import type { Database } from "./database.js";
import { beforeSignal, type Signal } from "./deadline.js";
import { fairQueue, type FairQueue } from "./fair-queue.js";
import { openConnection, valuesOf, type Connection } from "./sqlite-connection.js";
import { Sql } from "./sql.js";
import { tooBusy } from "./turns.js";

/**
 * How long a statement may keep others waiting: "short" ones follow an index to a few rows, "slow" ones may look at every
 * row there is.
 */
type Pace = "short" | "slow";

export type Read = {
  readonly pace: Pace;
  /** Parties have turns, however much one of them asks for. */
  readonly party: string;
  /** Ends the wait, and the statement where it has begun; its reason is thrown. */
  readonly signal?: Signal | undefined;
};

/**
 * The second road to the database, for what is only read: plain statements that are kept prepared, on connections of
 * their own, so that no page waits for a write. What has been committed before a statement begins is seen by it.
 */
export type Reader = {
  /**
   * All rows of a statement.
   *
   * @throws KnownError `SERVICE_UNAVAILABLE` where too many slow ones wait; the signal's reason.
   */
  readonly all: <Row>(statement: Sql, read: Read) => Promise<Row[]>;
  /** The same for what tells who asks, on a connection that nothing else uses. */
  readonly credentials: <Row>(statement: Sql) => Promise<Row[]>;
  /** Waits for what is being read, and closes. */
  readonly close: () => Promise<void>;
};

/** What one operation reads through, one statement after the other: many aliases hold no more than one connection. */
export type OperationReader = {
  /** @param statement made when its turn has come, where that is a function. */
  readonly all: <Row>(statement: Sql | (() => Sql), pace?: Pace) => Promise<Row[]>;
};

/** The reader for one operation. */
export function readerFor(reader: Reader, { party, signal }: Omit<Read, "pace">): OperationReader {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async all<Row>(statement: Sql | (() => Sql), pace: Pace = "short") {
      const rows = last.then(() =>
        reader.all<Row>(statement instanceof Sql ? statement : statement(), { pace, party, signal }),
      );
      last = rows.catch(() => {});
      try {
        return await rows;
      } catch (error) {
        // The driver's own errors come from nowhere: here it is known who asked.
        if (error instanceof Error && error !== signal?.reason) Error.captureStackTrace(error);
        throw error;
      }
    },
  };
}

// Statements run on libuv's threads. Writing needs one and hashing one, and one has to be left for what is quick.
const threads = Number(process.env["UV_THREADPOOL_SIZE"]) || 4;
const slowConnections = Math.max(1, Math.min(threads - 3, availableParallelism() - 1));

type Job = (connection: Connection) => Promise<void>;

/**
 * Opens the reading side of a database that is open and up to date.
 *
 * @param slowReads how many slow reads may be under way, waiting ones included; of one party half as many.
 */
export async function openReader(
  database: Database,
  slowReads: number,
  timer: Timer = systemTimer,
  stopwatch: Stopwatch = systemStopwatch,
): Promise<Reader> {
  const path = database.config.get("dbName")!;
  // A database in memory belongs to its one connection, whose statements may be another's commit: none is cut.
  if (path === ":memory:") {
    const read = <Row>(statement: Sql) =>
      database.em.getConnection().execute<Row[]>(statement.text, valuesOf(statement));
    return {
      async all<Row>(statement: Sql, { signal }: Read) {
        signal?.throwIfAborted();
        return beforeSignal(read<Row>(statement), signal);
      },
      credentials: read,
      close: async () => {},
    };
  }

  const open = () => openConnection(path, timer);
  const [forCredentials, forShort, ...others] = await Promise.all(Array.from({ length: 2 + slowConnections }, open));
  const idle = new Set([forShort!, ...others]);
  const waiting = { short: fairQueue<Job>(), slow: fairQueue<Job>() };
  const slow = countsByParty();

  const nextFor = (connection: Connection): Job | undefined => {
    const job = connection === forShort ? undefined : waiting.slow.take();
    return job ?? waiting.short.take();
  };
  const next = () => {
    for (const connection of idle) {
      const job = nextFor(connection);
      if (job === undefined) continue;
      idle.delete(connection);
      void job(connection).finally(() => {
        idle.add(connection);
        next();
      });
    }
  };

  const inTurn = <Row>(
    queue: FairQueue<Job>,
    statement: Sql,
    { party, signal }: Read,
    settled: () => void,
  ): Promise<Row[]> => {
    let job!: Job;
    const rows = new Promise<Row[]>((resolve, reject) => {
      job = async (connection) => {
        const elapsed = stopwatch();
        await connection.all<Row>(statement, signal).then(resolve, reject);
        // Turns are shared by the time that they take: who reads slowly has fewer.
        queue.charge(party, elapsed());
        settled();
      };
      queue.add(party, job);
    });
    next();
    return beforeSignal(rows, signal, () => {
      if (queue.remove(party, job)) settled();
      return true;
    });
  };

  return {
    async all(statement, read) {
      const { pace, party, signal } = read;
      signal?.throwIfAborted();
      if (pace === "short") return inTurn(waiting.short, statement, read, () => {});
      if (slow.inAll() >= slowReads || slow.of(party) >= slowReads / 2) throw tooBusy();
      slow.add(party, 1);
      return inTurn(waiting.slow, statement, read, () => slow.add(party, -1));
    },
    credentials: (statement) => forCredentials!.all(statement),
    close: async () =>
      void (await Promise.all([forCredentials!, forShort!, ...others].map((connection) => connection.close()))),
  };
}

function countsByParty() {
  const counts = new Map<string, number>();
  let inAll = 0;
  return {
    inAll: () => inAll,
    of: (party: string) => counts.get(party) ?? 0,
    add(party: string, change: 1 | -1) {
      inAll += change;
      const count = (counts.get(party) ?? 0) + change;
      if (count === 0) counts.delete(party);
      else counts.set(party, count);
    },
  };
}
