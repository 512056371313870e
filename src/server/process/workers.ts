import cluster, { type Worker } from "node:cluster";
import type { Readable } from "node:stream";

import type { Logger } from "pino";

import type { Clock, Timer } from "../../foundation/clock.js";
import type { LogOutput } from "../../foundation/log.js";
import type { Measured } from "../../foundation/metrics/together.js";
import { gatherMetrics } from "./worker-metrics.js";

/** What a worker tells its parent of itself: that it answers. */
export type WorkerReady = {
  readonly url: string;
  readonly secretFile: { readonly path: string; readonly isNew: boolean } | undefined;
};

/**
 * What a parent tells a worker: that it is going to stop, to finish what is under way and end, or to close every
 * connection.
 */
export type WorkerOrder = "drain" | "stop" | "cut" | "measure" | { readonly metricsOfAll: string | undefined };

/** What a worker tells its parent later: what it was asked for, or that it wants to know it of all. */
export type WorkerMessage = { readonly measured: Measured } | "metrics of all";

/** Several processes that serve one port, until they are stopped. */
export type Workers = WorkerReady & {
  /** Resolves where they keep dying, and no more are started; those that are left still run. */
  readonly failed: Promise<WorkersFailed>;
  readonly drain: () => void;
  /** Lets each finish what is under way, and waits for their ends. */
  readonly stop: () => Promise<void>;
  readonly cut: () => void;
  readonly kill: () => void;
  /** What all of them have measured, as a text for Prometheus. */
  readonly metricsText: () => Promise<string>;
};

/** Why there are no workers, or no longer; the message says it in a line, or nothing where a worker has said it. */
export class WorkersFailed extends Error {
  override readonly name = "WorkersFailed";
}

// Each may die three times in a minute: more is no accident.
const deathsForgiven = 3;
const forgottenAfterMilliseconds = 60_000;

/**
 * Starts `count` processes of this program, and another for each that dies. The first is ready before the others start:
 * what all would find out alike, it says alone, and what is made once, such as the tables and the kept secret, it makes.
 *
 * @throws WorkersFailed where one ends before it is ready.
 */
export async function startWorkers(parts: {
  readonly count: number;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  readonly output: LogOutput;
}): Promise<Workers> {
  const { count, clock, timer, log, output } = parts;
  const running = new Map<Worker, { isReady: boolean; readonly ended: Promise<void> }>();
  let started = false;
  let stopping = false;
  let deaths: number[] = [];
  let giveUp!: (error: WorkersFailed) => void;
  const failed = new Promise<WorkersFailed>((resolve) => (giveUp = resolve));
  // Several processes on one pipe would write into each other's lines, so the parent writes them all.
  cluster.setupPrimary({ stdio: ["ignore", "pipe", "inherit", "ipc"] });

  const start = (): Promise<WorkerReady> => {
    const worker = cluster.fork();
    const { process: child } = worker;
    relay(child.stdout!, output);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const state = { isReady: false, ended };
    running.set(worker, state);
    return new Promise((resolve, reject) => {
      worker.once("message", (message: WorkerReady) => {
        state.isReady = true;
        worker.on("message", (later: WorkerMessage) => hear(worker, later));
        resolve(message);
      });
      child.once("close", (code, signal) => {
        running.delete(worker);
        metrics.forget(worker);
        // With code 1 it has said what is wrong.
        reject(new WorkersFailed(code === 1 ? "" : `A worker ended before it was ready (${signal ?? code})`));
        if (!stopping && (started || state.isReady)) replace({ pid: child.pid, code, signal });
      });
    });
  };

  const replace = (death: Record<string, unknown>) => {
    const now = clock().getTime();
    deaths = [...deaths.filter((at) => now - at < forgottenAfterMilliseconds), now];
    log.error(death, "a worker ended");
    if (deaths.length > deathsForgiven * count)
      giveUp(new WorkersFailed(`Workers ended ${deaths.length} times within a minute, so the server has ended too`));
    else
      start().then(
        () => log.info("another worker has taken its place"),
        // Its end is a death like any other, and seen as one.
        () => {},
      );
  };

  /** Answers who was told. */
  const tell = (order: WorkerOrder): Worker[] => {
    const ready = [...running].flatMap(([worker, { isReady }]) => (isReady ? [worker] : []));
    for (const worker of ready) tellOne(worker, order);
    return ready;
  };
  const metrics = gatherMetrics(timer, () => tell("measure"));
  const hear = (worker: Worker, message: WorkerMessage): void => {
    if (message === "metrics of all")
      metrics.text().then(
        (metricsOfAll) => tellOne(worker, { metricsOfAll }),
        (error: unknown) => {
          log.error({ err: error }, "the metrics can't be read");
          tellOne(worker, { metricsOfAll: undefined });
        },
      );
    else metrics.take(worker, message.measured);
  };
  const kill = () => {
    for (const { process: child } of running.keys()) child.kill("SIGKILL");
  };
  const stop = async () => {
    stopping = true;
    tell("stop");
    // What has not been ready has nothing under way.
    for (const [{ process: child }, { isReady }] of running) if (!isReady) child.kill("SIGKILL");
    await Promise.all(Array.from(running.values(), ({ ended }) => ended));
  };

  try {
    const ready = await start();
    await Promise.all(Array.from({ length: count - 1 }, start));
    started = true;
    return {
      ...ready,
      failed,
      drain: () => void tell("drain"),
      stop,
      cut: () => void tell("cut"),
      kill,
      metricsText: metrics.text,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One that has just ended hears nothing, and need not. */
const tellOne = (worker: Worker, order: WorkerOrder) => worker.send(order, () => {});

/** Passes on each line that is whole; half of one is what a worker leaves that is killed. */
function relay(from: Readable, output: LogOutput): void {
  let rest = "";
  from.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) output.write(`${line}\n`);
  });
}
