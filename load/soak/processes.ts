import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { startServer, type Server } from "../server-process.js";
import type { Clocks } from "./clocks.js";
import type { Findings } from "./findings.js";

/** An operation's time limit: short in some processes, so that a fault of seconds exceeds it; else the default. */
export const operationSeconds = (process: number): number => (process < 2 ? 4 : 10);

// The life of an access token, except for the first process, whose tokens outlive every run.
const shortToken = "20s";
const longToken = "24h";

/** Servers on one database, numbered from 0. */
export type Processes = {
  readonly count: number;
  readonly url: (process: number) => string;
  readonly pid: (process: number) => number;
  readonly kill: (process: number) => Promise<void>;
  /** Stops a process, and reports a violation if it has to be killed. */
  readonly stop: (process: number) => Promise<void>;
  /** Starts a process, repeatedly if needed as a supervisor would: it doesn't start while the database is away. */
  readonly start: (process: number) => Promise<void>;
  /** Reports processes that have ended by themselves. */
  readonly watch: () => void;
  /** Returns their last log lines about unexpected errors. */
  readonly unexpected: readonly string[];
  /** Returns each one's memory in megabytes, after its last start and now. */
  readonly memory: () => readonly FirstAndLast[];
  /** Returns each one's number of open files and sockets, after its last start and now. */
  readonly handles: () => readonly FirstAndLast[];
};

export type FirstAndLast = { readonly first: number; readonly last: number };

export async function startProcesses(
  count: number,
  databaseUrl: string,
  clocks: Clocks,
  findings: Findings,
): Promise<Processes> {
  const unexpected: string[] = [];
  const servers: Server[] = [];
  const first: { readonly memory: number; readonly handles: number }[] = [];
  const found = new Set<Server>();

  const launch = async (index: number): Promise<void> => {
    const settings = {
      DATABASE_URL: databaseUrl,
      OPERATION_TIMEOUT: `${operationSeconds(index)}s`,
      LOG_LEVEL: "error",
      ACCESS_TOKEN_TTL: index === 0 ? longToken : shortToken,
      ...clocks.environment(index),
    };
    const server = await startServer(resolve("dist/main.js"), "", settings, (line) => {
      if (/"incidentId"|"level":60/.test(line)) unexpected.push(`process ${index}: ${line.slice(0, 2000)}`);
    });
    servers[index] = server;
    first[index] = { memory: server.memory().now, handles: server.openHandles() };
  };
  for (let index = 0; index < count; index += 1) await launch(index);

  return {
    count,
    unexpected,
    url: (index) => servers[index]!.url,
    pid: (index) => servers[index]!.pid,
    kill: (index) => servers[index]!.kill(),
    async stop(index) {
      if ((await servers[index]!.end()) === undefined)
        findings.violation("a process did not stop when it was told to", { process: index });
    },
    async start(index) {
      for (;;) {
        try {
          return await launch(index);
        } catch {
          await pause(300);
        }
      }
    },
    watch() {
      for (const [index, server] of servers.entries()) {
        if (!server.hasCrashed() || found.has(server)) continue;
        found.add(server);
        findings.violation("a process ended by itself", { process: index });
      }
    },
    memory: () => servers.map((server, index) => ({ first: first[index]!.memory, last: server.memory().now })),
    handles: () => servers.map((server, index) => ({ first: first[index]!.handles, last: server.openHandles() })),
  };
}
