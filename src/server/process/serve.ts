import cluster from "node:cluster";

import type { Logger } from "pino";

import { pause, systemClock, systemTimer } from "../../foundation/clock.js";
import { ConfigError, type Config } from "../../foundation/config/config.js";
import { configFromEnvironment } from "../../foundation/config/environment.js";
import { dataFolder } from "../../foundation/config/secret-file.js";
import { DatabaseUnusableError } from "../../database/database-error.js";
import { listenForMetrics } from "../monitoring/metrics.js";
import { unixSocketOf } from "../connection/unix-socket.js";
import { metricsUrl } from "../connection/paths.js";
import { standardOutput, type LogOutput } from "../../foundation/log-output.js";
import { makeLog } from "../../foundation/log.js";
import { banner, facts, type Ready } from "./announce.js";
import { tuneHeap } from "./heap.js";
import { askParent, tellParent } from "./parent.js";
import { version } from "./version.js";
import { stopSignals } from "./stop-signals.js";
import { Workers, WorkersFailed, type WorkerOrder, type WorkerReady } from "./workers.js";
import type { startServer } from "../server.js";

const name = `postern ${version}`;

/** A server in this process, or its workers. */
type Running = WorkerReady & {
  /** Reports not ready from now on. Requests that come are still answered. */
  readonly drain: () => void;
  readonly stop: () => Promise<void>;
  readonly cut: () => void;
  /** Ends it if it can't be stopped. */
  readonly kill: () => void;
  /** Returns the metrics; undefined if they are off. */
  readonly metricsText: (() => Promise<string>) | undefined;
};

/** Serves until a signal stops it. A start that fails ends the process with a line for each problem. */
export function serveUntilStopped(): void {
  start().catch(fail);
}

async function start(): Promise<void> {
  tuneHeap();
  const startedAt = systemClock();
  const { config, warnings } = configFromEnvironment();
  const output = await standardOutput();
  const log = makeLog(config.logLevel, systemClock, output, { addresses: config.logAddresses });
  const parts = { config, clock: systemClock, timer: systemTimer, log, name, markFolder: dataFolder };
  if (cluster.isWorker) return work(parts, output);
  for (const warning of warnings) log.warn(warning);

  const grace = config.shutdownGraceSeconds * 1000;
  const running: Running = config.workers === 1 ? await serve(parts) : await startParent(parts, output, grace);
  const metrics = await listenOnOwnPort(running, config);
  stopOnSignal(running, log, output, config.shutdownDelaySeconds * 1000, grace);
  const readyMs = systemClock().getTime() - startedAt.getTime();
  const ready: Ready = { name, ...running, metrics, readyMs };
  if (process.stdout.isTTY) console.log(banner(ready, config));
  // At every log level: scripts that start a server wait for this line.
  else log.child({}, { level: "info" }).info(facts(ready, config), "ready");
}

type Parts = Parameters<typeof startServer>[0];

/** Loads the server. The parent of workers does without it. */
const loadServer = () => import("../server.js");

async function serve(parts: Parts): Promise<Running> {
  const { startServer } = await loadServer();
  return { ...(await startServer(parts)), kill: () => {} };
}

/** Serves the metrics on the port that METRICS names, and returns their URL. */
async function listenOnOwnPort({ metricsText }: Running, { metrics, ...config }: Config): Promise<string | undefined> {
  if (typeof metrics !== "number" || metricsText === undefined) return undefined;
  const host = unixSocketOf(config.host) === undefined ? config.host : "127.0.0.1";
  const server = await listenForMetrics({ port: metrics, host }, metricsText).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`METRICS must name a port that this server can have (${code}), for example METRICS=9464`]);
  });
  return metricsUrl(server.address(), host);
}

async function startParent({ config, clock, timer, log }: Parts, output: LogOutput, grace: number): Promise<Running> {
  const workers = new Workers({ count: config.workers, clock, timer, log, output });
  const ready = await workers.start();
  const { drain, stop, cut, kill, metricsText } = workers;
  const running: Running = { ...ready, drain, stop, cut, kill, metricsText };
  const end = async () => {
    const error = await workers.failed;
    await stopInTime(running, grace);
    await written(output);
    fail(error);
  };
  end().catch(fail);
  return running;
}

/** Serves as a worker, which ends when its parent says so. */
async function work(parts: Parts, output: LogOutput): Promise<void> {
  // A terminal sends its signals to the parent and the workers alike.
  for (const signal of stopSignals) process.on(signal, () => {});
  const { startServer } = await loadServer();
  const isFirst = cluster.worker!.id === 1;
  const server = await startServer({
    ...parts,
    // Requests that come while a worker starts are for those that are running.
    listensLast: !isFirst,
    // Workers start together, and the first marks that.
    markFolder: isFirst ? parts.markFolder : undefined,
    metricsOfAll: () => askParent("metrics of all"),
  });
  const stop = async () => {
    await server.stop();
    await written(output);
    process.exit(0);
  };
  process.on("message", (order: WorkerOrder) => {
    if (typeof order === "object") return;
    // If it can't be measured, its last figures count.
    if (order === "measure")
      server.metrics?.snapshot().then(
        (measured) => tellParent({ measured }),
        () => {},
      );
    else if (order === "drain") server.drain();
    else if (order === "cut") server.cut();
    else stop().catch(fail);
  });
  tellParent({ url: server.url, secretFile: server.secretFile });
}

// The rest of the grace time is for closing everything after connections were cut.
const shareForCutting = 0.8;
const flushMilliseconds = 500;

function stopOnSignal(
  running: Running,
  log: Logger,
  output: LogOutput,
  delayMilliseconds: number,
  graceMilliseconds: number,
): void {
  const stop = async (signal: NodeJS.Signals) => {
    log.info({ signal }, "stopping");
    running.drain();
    if (delayMilliseconds > 0) await pause(delayMilliseconds);
    await stopInTime(running, graceMilliseconds);
    log.info("stopped");
    await written(output);
    process.exit(0);
  };
  const begin = (signal: NodeJS.Signals) => {
    // A second signal, of either kind, ends the process as it would any other.
    for (const each of stopSignals) process.off(each, begin);
    stop(signal).catch(fail);
  };
  for (const signal of stopSignals) process.on(signal, begin);
}

/**
 * Operations in progress have the grace time to end. Then their connections are cut. A process that still can't end is
 * killed, which a database survives.
 */
async function stopInTime(running: Running, graceMilliseconds: number): Promise<void> {
  systemTimer(graceMilliseconds * shareForCutting, running.cut);
  systemTimer(graceMilliseconds, () => {
    running.kill();
    process.kill(process.pid, "SIGKILL");
    // Process 1 of a container can't be killed from within.
    process.exit(1);
  });
  await running.stop();
}

/** Waits until the log is written, but not for a reader that has stopped reading. */
async function written(output: LogOutput): Promise<void> {
  await Promise.race([output.flush(), pause(flushMilliseconds)]);
}

/** Ends a start that failed: with a sentence if the cause is known, with the stack if it is our mistake. */
function fail(error: unknown): never {
  for (const line of linesOf(error)) console.error(line);
  process.exit(1);
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof DatabaseUnusableError) return [error.message];
  if (error instanceof WorkersFailed) return error.message === "" ? [] : [error.message];
  const { code, syscall, address, port, message, stack } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (code === "EADDRINUSE" && address?.startsWith("/") === true)
    return [`${address} is in use: stop what listens there, or set HOST to another socket`];
  if (code === "EADDRINUSE")
    return [
      `Port ${port} on ${address} is in use: stop what listens there, or set PORT to another, for example PORT=4001`,
    ];
  if (code === "EACCES" && port !== undefined)
    return [`Port ${port} needs more rights than this user has: set PORT to another, for example PORT=4000`];
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return [`HOST is not an address of this machine: set it to one, for example HOST=127.0.0.1`];
  // The system's own words for a folder without write permission, a file instead of a folder, a full disk.
  if (syscall !== undefined) return [message];
  return [stack ?? message ?? String(error)];
}
