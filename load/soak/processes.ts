import { setTimeout as pause } from "node:timers/promises";

import { startServer, type Server } from "../server-process.js";
import type { Clocks } from "./clocks.js";
import type { Violations } from "./violations.js";

/** An operation's time limit: short in some processes, so that a fault of seconds exceeds it; else the default. */
export const operationSeconds = (process: number): number => (process < 2 ? 4 : 10);

// Growth after a start that is no leak: connections to the database, and memory that V8 and glibc keep for reuse.
const mostMoreHandles = 60;
const mostMoreMegabytes = 250;

type Running = {
  readonly server: Server;
  readonly firstMemory: number;
  readonly firstHandles: number;
  isReported: boolean;
};

/** Servers on one database, numbered from 0. */
export class Processes {
  /** The first log lines about unexpected errors. */
  readonly unexpected: string[] = [];
  private readonly running: Running[] = [];

  constructor(
    readonly count: number,
    private readonly databaseUrl: string,
    private readonly clocks: Clocks,
    private readonly violations: Violations,
  ) {}

  async startAll(): Promise<void> {
    for (let process = 0; process < this.count; process += 1) await this.launch(process);
  }

  server(process: number): Server {
    return this.running[process]!.server;
  }

  /** Stops a process, and reports a violation if it has to be killed. */
  async stop(process: number): Promise<void> {
    if ((await this.server(process).end()) === undefined)
      this.violations.add("a process did not stop after SIGTERM", { process });
  }

  /** Starts a process, repeatedly if needed as a supervisor would: it doesn't start while the database is away. */
  async start(process: number): Promise<void> {
    for (;;) {
      try {
        return await this.launch(process);
      } catch {
        await pause(300);
      }
    }
  }

  /** Reports processes that have ended by themselves. */
  watch(): void {
    for (const [process, running] of this.running.entries()) {
      if (running.isReported || !running.server.hasCrashed()) continue;
      running.isReported = true;
      this.violations.add("a process ended by itself", { process });
    }
  }

  /** Reports processes whose open files, sockets or memory have grown since their start, though no client uses them. */
  checkGrowth(): void {
    for (const [process, { server, firstMemory, firstHandles }] of this.running.entries()) {
      const [memory, handles] = [server.memory().now, server.openHandles()];
      const grown = `memory ${firstMemory} to ${memory} MB, open files and sockets ${firstHandles} to ${handles}`;
      console.log(`  process ${process} since its last start: ${grown}`);
      if (handles > firstHandles + mostMoreHandles)
        this.violations.add("files or sockets stay open", { process, grown });
      if (memory > firstMemory + mostMoreMegabytes) this.violations.add("memory grows", { process, grown });
    }
  }

  private async launch(process: number): Promise<void> {
    const server = await startServer({
      settings: {
        DATABASE_URL: this.databaseUrl,
        OPERATION_TIMEOUT: `${operationSeconds(process)}s`,
        LOG_LEVEL: "error",
        // The tokens of the first process outlive every run.
        ACCESS_TOKEN_TTL: process === 0 ? "24h" : "20s",
        ...this.clocks.environment(process),
      },
      onLine: (line) => {
        if (/"incidentId"|"level":60/.test(line)) this.unexpected.push(`process ${process}: ${line.slice(0, 2000)}`);
      },
    });
    const [firstMemory, firstHandles] = [server.memory().now, server.openHandles()];
    this.running[process] = { server, firstMemory, firstHandles, isReported: false };
  }
}
