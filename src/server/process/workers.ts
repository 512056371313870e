import cluster, { type Worker } from "node:cluster";
import type { Readable } from "node:stream";

import type { Logger } from "pino";

import type { Clock, Timer } from "../../foundation/clock.js";
import type { LogOutput } from "../../foundation/log-output.js";
import type { MetricsSnapshot } from "../../foundation/metrics/aggregate.js";
import { gatherMetrics, type WorkerMetrics } from "./worker-metrics.js";

/** A worker's first message to its parent: it is ready. */
export type WorkerReady = {
  readonly url: string;
  readonly secretFile: { readonly path: string; readonly isNew: boolean } | undefined;
};

/**
 * A message to a worker: report not ready, finish the operations in progress and end, close every connection, send the
 * metrics, or take the metrics of all workers.
 */
export type WorkerOrder = "drain" | "stop" | "cut" | "measure" | { readonly metricsOfAll: string | undefined };

/** A worker's later message to its parent: its metrics, or the request for those of all workers. */
export type WorkerMessage = { readonly measured: MetricsSnapshot } | "metrics of all";

/**
 * The reason why there are no workers, or no longer. The message says it in a line; it is empty if a worker has said it
 * already.
 */
export class WorkersFailed extends Error {
  override readonly name = "WorkersFailed";
}

// Each worker may end three times in a minute. More is no accident.
const deathsForgiven = 3;
const forgottenAfterMilliseconds = 60_000;

type Deps = {
  readonly count: number;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  readonly output: LogOutput;
};

/** Several processes that serve one port, until they are stopped. A worker that ends is replaced. */
export class Workers {
  /** Resolves if workers keep ending and are no longer replaced. Those that are left still run. */
  readonly failed: Promise<WorkersFailed>;
  private giveUp!: (error: WorkersFailed) => void;
  private readonly running = new Map<Worker, { isReady: boolean; readonly ended: Promise<void> }>();
  private readonly metrics: WorkerMetrics;
  private isStarted = false;
  private isStopping = false;
  private deaths: number[] = [];

  constructor(private readonly deps: Deps) {
    this.failed = new Promise<WorkersFailed>((resolve) => (this.giveUp = resolve));
    this.metrics = gatherMetrics(deps.timer, () => this.tellAll("measure"));
  }

  /**
   * Starts the workers. The first is ready before the others start: it reports what all would find out alike, and makes
   * what is made once, such as the tables and the signing secret.
   *
   * @throws WorkersFailed if a worker ends before it is ready.
   */
  async start(): Promise<WorkerReady> {
    // Several processes on one pipe would write into each other's lines, so the parent writes them all.
    cluster.setupPrimary({ stdio: ["ignore", "pipe", "inherit", "ipc"] });
    try {
      const ready = await this.startOne();
      await Promise.all(Array.from({ length: this.deps.count - 1 }, () => this.startOne()));
      this.isStarted = true;
      return ready;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  readonly drain = (): void => void this.tellAll("drain");
  readonly cut = (): void => void this.tellAll("cut");

  /** Lets each worker finish the operations in progress, and waits until all have ended. */
  readonly stop = async (): Promise<void> => {
    this.isStopping = true;
    this.tellAll("stop");
    // A worker that was never ready has nothing to finish.
    for (const [{ process: child }, { isReady }] of this.running) if (!isReady) child.kill("SIGKILL");
    await Promise.all(Array.from(this.running.values(), ({ ended }) => ended));
  };

  readonly kill = (): void => {
    for (const { process: child } of this.running.keys()) child.kill("SIGKILL");
  };

  /** Returns the metrics of all workers as a text for Prometheus. */
  readonly metricsText = (): Promise<string> => this.metrics.text();

  private startOne(): Promise<WorkerReady> {
    const worker = cluster.fork();
    const { process: child } = worker;
    relay(child.stdout!, this.deps.output);
    const state = { isReady: false, ended: new Promise<void>((resolve) => child.once("close", () => resolve())) };
    this.running.set(worker, state);
    return new Promise((resolve, reject) => {
      worker.once("message", (message: WorkerReady) => {
        state.isReady = true;
        worker.on("message", (later: WorkerMessage) => this.onMessage(worker, later));
        resolve(message);
      });
      child.once("close", (code, signal) => {
        this.running.delete(worker);
        this.metrics.forget(worker);
        // With code 1, the worker has said what is wrong.
        reject(new WorkersFailed(code === 1 ? "" : `A worker ended before it was ready (${signal ?? code})`));
        if (!this.isStopping && (this.isStarted || state.isReady)) this.replace({ pid: child.pid, code, signal });
      });
    });
  }

  private replace(death: Record<string, unknown>): void {
    const { clock, log, count } = this.deps;
    const now = clock().getTime();
    this.deaths = [...this.deaths.filter((at) => now - at < forgottenAfterMilliseconds), now];
    log.error(death, "a worker ended");
    const deaths = this.deaths.length;
    if (deaths > deathsForgiven * count)
      this.giveUp(new WorkersFailed(`Workers ended ${deaths} times within a minute, so the server has ended too`));
    else
      this.startOne().then(
        () => log.info("another worker has taken its place"),
        // The end of the new worker is handled like any other.
        () => {},
      );
  }

  /** Sends an order to all workers that are ready, and returns these. */
  private tellAll(order: WorkerOrder): Worker[] {
    const ready = [...this.running].flatMap(([worker, { isReady }]) => (isReady ? [worker] : []));
    for (const worker of ready) tell(worker, order);
    return ready;
  }

  private onMessage(worker: Worker, message: WorkerMessage): void {
    if (message !== "metrics of all") return this.metrics.take(worker, message.measured);
    this.metrics.text().then(
      (metricsOfAll) => tell(worker, { metricsOfAll }),
      (error: unknown) => {
        this.deps.log.error({ err: error }, "the metrics can't be read");
        tell(worker, { metricsOfAll: undefined });
      },
    );
  }
}

/** Sends an order. A worker that has just ended doesn't need it. */
const tell = (worker: Worker, order: WorkerOrder) => worker.send(order, () => {});

/** Writes every whole line of a worker to the log. A worker that is killed may leave half a line. */
function relay(from: Readable, output: LogOutput): void {
  let rest = "";
  from.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) output.write(`${line}\n`);
  });
}
