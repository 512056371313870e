import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import { nodeCommand } from "./child.js";
import { temporaryFolder } from "./seeded-database.js";

const secret = randomBytes(32).toString("hex");
const folder = temporaryFolder();
const running = new Set<number>();
process.once("exit", () => {
  for (const pid of running) process.kill(pid, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** The environment of all servers. A build that doesn't know a setting ignores it. */
const environment = {
  PATH: process.env["PATH"]!,
  // The operator's settings for glibc's memory apply.
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("MALLOC_"))),
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PORT: "0",
  JWT_SECRET: secret,
  // The client's address is then what X-Forwarded-For says.
  TRUST_PROXY: "loopback",
  SHUTDOWN_GRACE: "5s",
  // The bench measures the server, not a limit on its users.
  POSTS_PER_HOUR: "1000000",
};

const newFile = () => join(temporaryFolder(), "postern.sqlite");

export type ServerOptions = {
  /** The main file, or Node's arguments that end with one. This checkout's build by default. */
  readonly main?: string | readonly string[];
  /** A database file. Without it, or DATABASE_URL in `settings`, the database is a new file. */
  readonly database?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with each line of its log. */
  readonly onLine?: (line: string) => void;
  /** The core that it may use. All cores by default. */
  readonly core?: number | undefined;
};

/** Starts a server, which has to print a line of JSON with its URL as `graphql` when it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { main = resolve("dist/main.js"), database, settings, onLine = () => {}, core } = options;
  const [command, ...before] = nodeCommand(core);
  const child = spawn(command, [...before, ...[main].flat()], {
    cwd: folder,
    env: {
      ...environment,
      ...(settings?.["DATABASE_URL"] === undefined && { DATABASE_URL: `sqlite:${database ?? newFile()}` }),
      ...settings,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child.pid!);
  child.once("exit", () => running.delete(child.pid!));
  const url = await new Promise<string>((ready, reject) => {
    // Read to the end, so that the figures don't measure a full pipe.
    createInterface({ input: child.stdout }).on("line", (line) => {
      onLine(line);
      if (line.includes('"graphql"')) ready((JSON.parse(line) as { graphql: string }).graphql);
    });
    child.once("exit", () => reject(new Error("the server ended before it was ready")));
  });
  return new Server(url, child);
}

/** A server as a process of its own. Its figures come from /proc, so only Linux has them. */
export class Server {
  readonly pid: number;
  private readonly exit: Promise<unknown>;
  private isEnding = false;

  constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    this.pid = child.pid!;
    this.exit = this.isRunning ? once(child, "exit") : Promise.resolve();
  }

  private get isRunning(): boolean {
    return running.has(this.pid);
  }

  /** Returns memory in megabytes, now and at most since the last `resetPeak`; 0 if it has ended. */
  memory(): { readonly now: number; readonly peak: number } {
    const status = this.isRunning ? readFileSync(`/proc/${this.pid}/status`, "utf8") : "";
    const megabytesOf = (name: string) =>
      Math.round((Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024) / 1e6);
    return { now: megabytesOf("VmRSS"), peak: megabytesOf("VmHWM") };
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, "5");
  }

  /** Returns the processor time, user and system, that all its threads have used so far. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    // In hundredths of a second on every Linux.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Returns the number of files and sockets that it has open; 0 if it has ended. */
  openHandles(): number {
    try {
      return readdirSync(`/proc/${this.pid}/fd`).length;
    } catch {
      return 0;
    }
  }

  /** Returns the number of open connections with unsent bytes that their client doesn't read. */
  stuckSockets(): number {
    const local = `:${Number(new URL(this.url).port).toString(16).toUpperCase().padStart(4, "0")}`;
    // The kernel's table: address, state 01 for an open connection, and how many bytes wait to be sent.
    const rows = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1, -1);
    return rows.filter((row) => {
      const [, address, , state, queues] = row.trim().split(/\s+/);
      return address!.endsWith(local) && state === "01" && !queues!.startsWith("00000000:");
    }).length;
  }

  /** Reports whether it ended before it was asked to. */
  hasCrashed(): boolean {
    return !this.isEnding && !this.isRunning;
  }

  /** Sends SIGTERM, and SIGKILL if it is too slow to end. Returns the milliseconds; undefined if it was killed. */
  async end(withinMilliseconds = 10_000): Promise<number | undefined> {
    const started = performance.now();
    this.isEnding ||= this.isRunning;
    this.child.kill("SIGTERM");
    await Promise.race([this.exit, pause(withinMilliseconds)]);
    const ended = this.isRunning ? undefined : performance.now() - started;
    await this.kill();
    return ended;
  }

  /** Sends SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    this.isEnding ||= this.isRunning;
    this.child.kill("SIGKILL");
    await this.exit;
  }
}
