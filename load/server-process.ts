import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import { temporaryFolder } from "./seeded-database.js";

/** A server as a process of its own. Its figures come from /proc, so only Linux has them. */
export type Server = {
  readonly url: string;
  readonly pid: number;
  /** Memory in megabytes, now and at most since the last `resetPeak`. */
  readonly memory: () => { readonly now: number; readonly peak: number };
  readonly resetPeak: () => void;
  /** The processor time that it has used, of all its threads, in seconds. */
  readonly processorSeconds: () => number;
  /** The number of open connections with unsent bytes that their client doesn't read. */
  readonly stuckSockets: () => number;
  /** The number of files and sockets that it has open; 0 if it has ended. */
  readonly openHandles: () => number;
  /** Whether it ended before it was asked to. */
  readonly hasCrashed: () => boolean;
  /** Sends SIGTERM, and SIGKILL if it is too slow to end. Returns the milliseconds; undefined if it was killed. */
  readonly end: (withinMilliseconds?: number) => Promise<number | undefined>;
  /** Sends SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>;
};

const secret = randomBytes(32).toString("hex");
const folder = temporaryFolder();
const running = new Set<number>();
process.once("exit", () => {
  for (const pid of running) process.kill(pid, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** Returns the environment of the bench's servers. A build that doesn't know a setting ignores it. */
export function environment(database: string, settings: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"]!,
    // The operator's settings for glibc's memory apply.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("MALLOC_"))),
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    PORT: "0",
    JWT_SECRET: secret,
    // The client's address is then what X-Forwarded-For says.
    TRUST_PROXY: "loopback",
    DATABASE_URL: `sqlite:${database}`,
    SHUTDOWN_GRACE: "5s",
    // The bench measures the server, not a limit on its users.
    POSTS_PER_HOUR: "1000000",
    ...settings,
  };
}

/**
 * Starts the server of `main` on a database file, with default settings but for those given.
 *
 * @param main a file, or Node's arguments that end with one. It has to print a line of JSON with its URL as `graphql`
 * when it is ready.
 * @param heard is called with each line of its log.
 */
export async function startServer(
  main: string | readonly string[],
  database: string,
  settings: Record<string, string> = {},
  heard: (line: string) => void = () => {},
): Promise<Server> {
  const child = spawn(process.execPath, [main].flat(), {
    cwd: folder,
    env: environment(database, settings),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = child.pid!;
  running.add(pid);
  let told = false;
  const exit = once(child, "exit").then(() => running.delete(pid));
  const url = await new Promise<string>((ready, reject) => {
    // Read to the end, so that the figures don't measure a full pipe.
    createInterface({ input: child.stdout }).on("line", (line) => {
      heard(line);
      if (line.includes('"graphql"')) ready((JSON.parse(line) as { graphql: string }).graphql);
    });
    child.once("exit", () => reject(new Error("the server ended before it was ready")));
  });
  return {
    url,
    pid,
    memory: () => ({ now: status(pid, "VmRSS"), peak: status(pid, "VmHWM") }),
    resetPeak: () => writeFileSync(`/proc/${pid}/clear_refs`, "5"),
    processorSeconds: () => processorSecondsOf(pid),
    stuckSockets: () => stuckSocketsOf(Number(new URL(url).port)),
    openHandles: () => openHandlesOf(pid),
    hasCrashed: () => !told && !running.has(pid),
    async end(withinMilliseconds = 10_000) {
      const started = performance.now();
      told ||= running.has(pid);
      child.kill("SIGTERM");
      await Promise.race([exit, pause(withinMilliseconds)]);
      const ended = running.has(pid) ? undefined : performance.now() - started;
      child.kill("SIGKILL");
      await exit;
      return ended;
    },
    async kill() {
      told ||= running.has(pid);
      child.kill("SIGKILL");
      await exit;
    },
  };
}

/** Starts this checkout's build on an empty database of its own. */
export const startBuiltServer = () =>
  startServer(resolve("dist/main.js"), join(temporaryFolder(), "postern.sqlite"), { LOG_LEVEL: "warn" });

/** Returns a line of /proc/PID/status, in megabytes; 0 if the process has ended. */
function status(pid: number, name: string): number {
  try {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Math.round((Number(kibibytes ?? 0) * 1024) / 1e6);
  } catch {
    return 0;
  }
}

function openHandlesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Returns utime and stime of /proc/PID/stat, which are in hundredths of a second on every Linux. */
function processorSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** From the kernel's table: address, state 01 for an open connection, and how many bytes wait to be sent. */
function stuckSocketsOf(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1, -1);
  return lines.filter((line) => {
    const [, address, , state, queues] = line.trim().split(/\s+/);
    return address!.endsWith(local) && state === "01" && !queues!.startsWith("00000000:");
  }).length;
}
