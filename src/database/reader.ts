import { systemStopwatch, systemTimer, type Stopwatch, type Timer } from "../foundation/clock.js";
import { raceSignal, type Signal } from "../foundation/fairness/deadline.js";
import { fairQueue, type FairQueue } from "../foundation/fairness/fair-queue.js";
import { countsByClient } from "../foundation/fairness/client-counter.js";
import type { ReadConnection, Database } from "./engine.js";
import type { OperationSpan } from "../foundation/tracing/span.js";
import { traceStatement } from "./statement-tracing.js";
import { joinSql, Sql, sql } from "./sql.js";
import { tooBusy } from "../foundation/fairness/fair-limiter.js";

/**
 * The cost class of a statement: "indexed" statements follow an index to a few rows, "scan" statements may look at every
 * row of a table and must not keep the others waiting.
 */
type Cost = "indexed" | "scan";

export type Read = {
  readonly cost: Cost;
  /** Parties have turns, however much one of them asks for. */
  readonly clientKey: string;
  /** Whether it is a short statement of one row, which may be run together with others of its text. */
  readonly oneRow?: boolean;
  /** Ends the wait, and the statement where it has begun; its reason is thrown. */
  readonly signal?: Signal | undefined;
  /** The operation's, where it is traced. */
  readonly span?: OperationSpan | undefined;
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
  readonly credentials: <Row>(statement: Sql, asking: readonly Pick<Read, "span">[]) => Promise<Row[]>;
  /** How many wait, and how many connections have something to do. */
  readonly load: () => {
    readonly short: number;
    readonly slow: number;
    readonly busy: number;
    readonly places: number;
  };
  /** Waits for what is being read, and closes. */
  readonly close: () => Promise<void>;
};

/** What one operation reads through, one statement after the other: many aliases hold no more than one connection. */
export type OperationReader = {
  /** @param statement made when its turn has come, where that is a function. */
  readonly all: <Row>(statement: Sql | (() => Sql), cost?: Cost, oneRow?: boolean) => Promise<Row[]>;
};

/** The reader for one operation. */
export function readerFor(reader: Reader, asking: Pick<Read, "clientKey" | "signal" | "span">): OperationReader {
  const { clientKey, signal, span } = asking;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async all<Row>(statement: Sql | (() => Sql), cost: Cost = "indexed", oneRow = false) {
      const rows = last.then(() =>
        reader.all<Row>(statement instanceof Sql ? statement : statement(), { cost, clientKey, signal, span, oneRow }),
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

type Job = {
  readonly statement: Sql;
  readonly read: Read;
  readonly span: OperationSpan | undefined;
  readonly queue: FairQueue<Job>;
  readonly resolve: (rows: unknown[]) => void;
  readonly reject: (error: unknown) => void;
  readonly settled: () => void;
};

/**
 * Opens the reading side of a database that is open and up to date.
 *
 * @param slowReads how many slow reads may be under way, waiting ones included; of one client half as many.
 */
export async function openReader(
  database: Database,
  slowReads: number,
  timer: Timer = systemTimer,
  stopwatch: Stopwatch = systemStopwatch,
): Promise<Reader> {
  const { credentials, short, any, together } = await database.engine.openReadConnections(database, timer);
  const { dialect } = database.engine;
  const onlyShort = new Set(short);
  const connections = [...short, ...any];
  const idle = new Set(connections);
  const waiting = { short: fairQueue<Job>(), slow: fairQueue<Job>() };
  const slow = countsByClient();

  const textOf = (statement: Sql): string => statement.in(dialect).text;
  const nextFor = (connection: ReadConnection): Job | undefined => {
    const job = onlyShort.has(connection) ? undefined : waiting.slow.take();
    return job ?? waiting.short.take();
  };
  /** The next job for a connection with those that can be run together with it. */
  const nextFew = (connection: ReadConnection): Job[] => {
    const first = nextFor(connection);
    if (first === undefined) return [];
    const jobs = [first];
    const most = together[0] ?? 1;
    const isAlike = ({ statement, read }: Job) =>
      read.cost === "indexed" && read.oneRow === true && textOf(statement) === textOf(first.statement);
    while (jobs.length < most && isAlike(first)) {
      const another = waiting.short.take(isAlike);
      if (another === undefined) break;
      jobs.push(another);
    }
    return jobs;
  };
  const run = async (connection: ReadConnection, jobs: readonly Job[]): Promise<void> => {
    for (let start = 0; start < jobs.length;) {
      const few = together.find((count) => count <= jobs.length - start) ?? 1;
      await runTogether(connection, jobs.slice(start, start + few));
      start += few;
    }
  };
  const runTogether = async (connection: ReadConnection, jobs: readonly Job[]): Promise<void> => {
    const elapsed = stopwatch();
    try {
      const [first, second] = jobs as [Job, Job?];
      if (second === undefined) {
        const read = () => connection.all(first.statement, first.read.signal);
        first.resolve(await traceStatement(jobs, first.statement, dialect, read));
      } else {
        const read = () => connection.all<{ job: number }>(unionOf(jobs.map(({ statement }) => statement)));
        const rows = await traceStatement(jobs, first.statement, dialect, read);
        for (const [index, job] of jobs.entries()) job.resolve(rows.filter((row) => row.job === index));
      }
    } catch (error) {
      if (jobs.length === 1) jobs[0]!.reject(error);
      // What is wrong with one is no other's business.
      else {
        for (const job of jobs) await runTogether(connection, [job]);
        return;
      }
    }
    // Turns are shared by the time that they take: who reads slowly has fewer.
    for (const { queue, read, settled } of jobs) {
      queue.charge(read.clientKey, elapsed() / jobs.length);
      settled();
    }
  };
  const next = () => {
    // Always from the first on: what one can do alone opens no other, and finds its statements prepared.
    for (const connection of connections) {
      if (!idle.has(connection)) continue;
      const jobs = nextFew(connection);
      if (jobs.length === 0) continue;
      idle.delete(connection);
      void run(connection, jobs).finally(() => {
        idle.add(connection);
        next();
      });
    }
  };

  const inTurn = <Row>(queue: FairQueue<Job>, statement: Sql, read: Read, settled: () => void): Promise<Row[]> => {
    let job!: Job;
    const rows = new Promise<Row[]>((resolve, reject) => {
      job = { statement, read, span: read.span, queue, resolve: (found) => resolve(found as Row[]), reject, settled };
      queue.add(read.clientKey, job);
    });
    next();
    return raceSignal(rows, read.signal, () => {
      if (queue.remove(read.clientKey, job)) settled();
      return true;
    });
  };

  return {
    async all(statement, read) {
      const { cost, clientKey, signal } = read;
      signal?.throwIfAborted();
      if (cost === "indexed") return inTurn(waiting.short, statement, read, () => {});
      if (slow.inAll() >= slowReads || slow.of(clientKey) >= slowReads / 2) throw tooBusy();
      slow.add(clientKey, 1);
      return inTurn(waiting.slow, statement, read, () => slow.add(clientKey, -1));
    },
    credentials: (statement, asking) => traceStatement(asking, statement, dialect, () => credentials.all(statement)),
    load: () => ({
      short: waiting.short.length(),
      slow: waiting.slow.length(),
      busy: connections.length - idle.size,
      places: connections.length,
    }),
    close: async () =>
      void (await Promise.all([credentials, ...short, ...any].map((connection) => connection.close()))),
  };
}

/** Statements as one, whose rows say which of them they are of. */
function unionOf(statements: readonly Sql[]): Sql {
  const numbered = statements.map(
    (one, index) => sql`select ${new Sql(String(index))} as job, one.* from (${one}) one`,
  );
  return joinSql(numbered, " union all ");
}
