import { readFileSync } from "node:fs";
import { styleText } from "node:util";

import type { Logger } from "pino";

import { pause, systemClock, systemTimer } from "./clock.js";
import { ConfigError, type Config } from "./config/settings.js";
import { formatDuration } from "./config/duration.js";
import { configOfEnvironment } from "./config/environment.js";
import { DatabaseUnusableError } from "./database/database.js";
import { makeLog, standardOutput, type LogOutput } from "./log.js";
import { startServer, type RunningServer } from "./server.js";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
const name = `postern ${manifest.version}`;

async function main(): Promise<void> {
  const startedAt = systemClock();
  const { config, warnings } = configOfEnvironment();
  const output = standardOutput();
  const log = makeLog(config.logLevel, systemClock, output);
  for (const warning of warnings) log.warn(warning);

  const parts = { config, clock: systemClock, timer: systemTimer, log, name };
  const server = await startServer(parts);
  stopOnSignal(server, log, output, config.shutdownGraceSeconds * 1000);
  const readyMs = systemClock().getTime() - startedAt.getTime();
  if (process.stdout.isTTY) console.log(banner(server, config, readyMs));
  // Whatever is logged: whoever starts a server waits for this line.
  else log.child({}, { level: "info" }).info(facts(server, config, readyMs), "ready");
}

function facts(server: RunningServer, config: Config, readyMs: number) {
  return {
    name,
    node: process.versions.node,
    database: config.databaseUrl,
    readyMs,
    graphql: server.url,
    accessTokenTtl: formatDuration(config.sessionRules.accessTokenTtlSeconds),
    signingKey: server.secretFile === undefined ? ownKey(config) : generated(server.secretFile),
  };
}

function ownKey({ signingKeys }: Config): string {
  const { algorithm, id } = signingKeys!.newest;
  return `${algorithm} from ${algorithm === "HS256" ? "JWT_SECRET" : "JWT_PRIVATE_KEY"}, kid ${id}`;
}

function generated(file: NonNullable<RunningServer["secretFile"]>): string {
  return `secret ${file.isNew ? "generated, kept in" : "generated earlier, read from"} ${file.path}`;
}

function banner(server: RunningServer, config: Config, readyMs: number): string {
  const { node, database, graphql, accessTokenTtl, signingKey } = facts(server, config, readyMs);
  const rows = [
    ["GraphQL", styleText("cyan", graphql)],
    ...(config.production ? [] : [["Sandbox", new URL("/", graphql).href]]),
    ["Database", database],
    ["Access tokens", `live ${accessTokenTtl}`],
    ["Signing key", signingKey],
  ];
  const title = `${styleText("bold", name)}  on Node ${node}, ready in ${readyMs} ms`;
  return ["", `  ${title}`, ...rows.map(([label, value]) => `  ${label!.padEnd(16)}${value}`), ""].join("\n");
}

// What is left of the grace time for what has to be closed when connections have been cut.
const shareForCutting = 0.8;
const flushMilliseconds = 500;

/**
 * Stops at the first signal: what is under way has the grace time to end. Then its connections are cut, and a process
 * that can't end even so is killed, which a database survives.
 */
function stopOnSignal(server: RunningServer, log: Logger, output: LogOutput, graceMilliseconds: number): void {
  const stop = async (signal: NodeJS.Signals) => {
    log.info({ signal }, "stopping");
    systemTimer(graceMilliseconds * shareForCutting, server.cut);
    systemTimer(graceMilliseconds, () => process.kill(process.pid, "SIGKILL"));
    await server.stop();
    log.info("stopped");
    // Who has stopped reading the log is not waited for.
    await Promise.race([output.flush(), pause(flushMilliseconds)]);
    process.exit(0);
  };
  // Once: a second signal ends the process as it would any other.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop(signal).catch(fail));
}

/** Ends a start that can't be: in words where the cause is known, with the stack where it is our mistake. */
function fail(error: unknown): never {
  for (const line of linesOf(error)) console.error(line);
  process.exit(1);
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof DatabaseUnusableError) return [error.message];
  const { code, syscall, address, port, message, stack } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (code === "EADDRINUSE")
    return [
      `Port ${port} on ${address} is in use: stop what listens there, or set PORT to another, for example PORT=4001`,
    ];
  if (code === "EACCES" && port !== undefined)
    return [`Port ${port} needs more rights than this user has: set PORT to another, for example PORT=4000`];
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return [`HOST is no address of this machine, for example HOST=127.0.0.1`];
  // A folder that may not be written, a file where a folder should be, a full disk: the system's words say it.
  if (syscall !== undefined) return [message];
  return [stack ?? message ?? String(error)];
}

main().catch(fail);
