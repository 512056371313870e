import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { freePort, unprivileged, untilSaid } from "./postgres-server.js";

const installed = process.env["TEST_PGBOUNCER"] ?? "pgbouncer";
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };

/** The version of the installed PgBouncer, such as 1.24; undefined if there is none. */
export const pgbouncerVersion: number | undefined = versionOf(installed);

function versionOf(file: string): number | undefined {
  try {
    const [, major, minor] = /^PgBouncer (\d+)\.(\d+)/.exec(
      execFileSync(file, ["--version"], { env, encoding: "utf8" }),
    )!;
    return Number(major) + Number(minor) / 100;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Starts a PgBouncer in front of a URL's server, with `poolSize` connections in transaction mode and default settings
 * otherwise. It ends with the test.
 *
 * @returns the URL of the database through PgBouncer.
 */
export async function startPgbouncer(url: string, poolSize: number): Promise<string> {
  const server = new URL(url);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "postern-test-pgbouncer-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const settings: Record<string, string | number> = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: server.password === "" ? "trust" : "scram-sha-256",
    auth_file: "users.txt",
    pool_mode: "transaction",
    default_pool_size: poolSize,
    ...((pgbouncerVersion ?? 0) >= 1.21 && { max_prepared_statements: 100 }),
  };
  const files = {
    "users.txt": `"${server.username}" "${server.password}"\n`,
    "pgbouncer.ini": [
      `[databases]\n* = host=${server.hostname} port=${server.port}\n[pgbouncer]`,
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
    ].join("\n"),
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    if (unprivileged.uid !== undefined) chownSync(join(folder, name), unprivileged.uid, unprivileged.gid);
  }
  chmodSync(folder, 0o755);

  // It ends with this process, even if that is killed: the end of the pipe that it reads is closed then.
  const guard = spawn("sh", ["-c", '"$0" pgbouncer.ini </dev/null & cat; kill -9 $!', installed], {
    ...unprivileged,
    cwd: folder,
    env,
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  const ended = once(guard, "exit");
  onTestFinished(async () => {
    guard.stdin.end();
    await ended;
  });
  await untilSaid(guard.stderr, "process up");
  const behind = new URL(url);
  behind.port = String(port);
  return behind.href;
}
