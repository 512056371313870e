import type { Stopwatch } from "../foundation/clock.js";
import { ClientCounter } from "../foundation/fairness/client-counter.js";
import { raceSignal } from "../foundation/fairness/deadline.js";
import { tooBusy } from "../foundation/fairness/fair-limiter.js";
import { fairQueue, type FairQueue } from "../foundation/fairness/fair-queue.js";
import type { ReadConnection, ReadConnections } from "./engine.js";
import type { Read } from "./read.js";
import type { Dialect, Sql } from "./sql.js";
import { traceStatement } from "./statement-tracing.js";

/** How many reads wait in each queue, and how many connections are busy. */
export type ReaderLoad = {
  readonly short: number;
  readonly slow: number;
  readonly busy: number;
  readonly places: number;
};

type Job = {
  readonly statement: Sql;
  readonly read: Read;
  readonly queue: FairQueue<Job>;
  readonly resolve: (rows: unknown[]) => void;
  readonly reject: (error: unknown) => void;
  /** Called once, when the job has ended or was removed from its queue. */
  readonly onSettled: () => void;
};

type ReadQueueOptions = {
  readonly connections: ReadConnections;
  readonly dialect: Dialect;
  readonly maxSlowReads: number;
  readonly stopwatch: Stopwatch;
};

/** Queues statements, and runs them on the connections as these become idle. */
export class ReadQueue {
  private readonly connections: readonly ReadConnection[];
  private readonly shortOnly: ReadonlySet<ReadConnection>;
  private readonly idle: Set<ReadConnection>;
  private readonly shortQueue = fairQueue<Job>();
  private readonly slowQueue = fairQueue<Job>();
  private readonly slowReads = new ClientCounter();

  constructor(private readonly options: ReadQueueOptions) {
    const { short, any } = options.connections;
    this.connections = [...short, ...any];
    this.shortOnly = new Set(short);
    this.idle = new Set(this.connections);
  }

  async all<Row>(statement: Sql, read: Read): Promise<Row[]> {
    const { cost, clientKey, signal } = read;
    signal?.throwIfAborted();
    if (cost === "indexed") return this.enqueue(this.shortQueue, statement, read, () => {});
    const { slowReads } = this;
    const { maxSlowReads } = this.options;
    if (slowReads.total() >= maxSlowReads || slowReads.of(clientKey) >= maxSlowReads / 2) throw tooBusy();
    slowReads.add(clientKey);
    return this.enqueue(this.slowQueue, statement, read, () => slowReads.remove(clientKey));
  }

  load(): ReaderLoad {
    const places = this.connections.length;
    return {
      short: this.shortQueue.length(),
      slow: this.slowQueue.length(),
      busy: places - this.idle.size,
      places,
    };
  }

  private enqueue<Row>(queue: FairQueue<Job>, statement: Sql, read: Read, onSettled: () => void): Promise<Row[]> {
    let job!: Job;
    const rows = new Promise<Row[]>((resolve, reject) => {
      job = { statement, read, queue, resolve: (found) => resolve(found as Row[]), reject, onSettled };
      queue.add(read.clientKey, job);
    });
    this.startJobs();
    return raceSignal(rows, read.signal, () => {
      if (queue.remove(read.clientKey, job)) onSettled();
      return true;
    });
  }

  private startJobs(): void {
    // Always from the first connection on: if it can do all the work, no other is opened, and it has the statements
    // prepared.
    for (const connection of this.connections) {
      if (!this.idle.has(connection)) continue;
      const jobs = this.nextJobs(connection);
      if (jobs.length === 0) continue;
      this.idle.delete(connection);
      void this.run(connection, jobs).finally(() => {
        this.idle.add(connection);
        this.startJobs();
      });
    }
  }

  /** Takes the next job for a connection, with the jobs that can be batched with it. */
  private nextJobs(connection: ReadConnection): Job[] {
    const slow = this.shortOnly.has(connection) ? undefined : this.slowQueue.take();
    const first = slow ?? this.shortQueue.take();
    if (first === undefined) return [];
    const jobs = [first];
    const maxJobs = connection.batch?.maxStatements ?? 1;
    const isAlike = ({ statement, read }: Job) =>
      read.cost === "indexed" && read.oneRow === true && this.textOf(statement) === this.textOf(first.statement);
    while (jobs.length < maxJobs && isAlike(first)) {
      const another = this.shortQueue.take(isAlike);
      if (another === undefined) break;
      jobs.push(another);
    }
    return jobs;
  }

  private textOf(statement: Sql): string {
    return statement.in(this.options.dialect).text;
  }

  private async run(connection: ReadConnection, jobs: readonly Job[]): Promise<void> {
    const elapsedMilliseconds = this.options.stopwatch();
    const [first] = jobs as readonly [Job];
    if (jobs.length === 1) await this.settle(first, () => connection.all(first.statement, first.read.signal));
    else {
      const results = connection.batch!.run(jobs.map(({ statement, read: { signal } }) => ({ statement, signal })));
      await Promise.all(jobs.map((job, index) => this.settle(job, () => results[index]!)));
    }
    // The queue is fair by time used: a client with slow reads gets fewer turns.
    for (const { queue, read, onSettled } of jobs) {
      queue.charge(read.clientKey, elapsedMilliseconds() / jobs.length);
      onSettled();
    }
  }

  private async settle(job: Job, result: () => Promise<unknown[]>): Promise<void> {
    try {
      job.resolve(await traceStatement([job.read], job.statement, this.options.dialect, result));
    } catch (error) {
      job.reject(error);
    }
  }
}
