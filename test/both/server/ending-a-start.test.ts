import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { constants } from "node:os";
import { resolve } from "node:path";

import { Client } from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";

import { loadSqlite3 } from "../../../src/database/sqlite/load-sqlite3.js";
import { newUnsharedUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { freePort } from "../../support/postgres-server.js";

const isolated = ["--pid", "--fork", "--mount-proc", "--kill-child"];
const canIsolate = spawnSync("unshare", [...isolated, "true"]).status === 0;

/** Starts the built server or a command as process 1 of a namespace, as a container does. */
async function startAsFirst(env: Record<string, string>, args: readonly string[] = []) {
  const folder = newFolder();
  const child = spawn("unshare", [...isolated, process.execPath, resolve("dist/main.js"), ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { all: "" };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text.all += String(chunk)));
  const pid = await firstChildOf(child);
  // Node itself handles the others, and loses them as process 1, until the program's first line has run.
  await until(() => handles(pid, constants.signals.SIGHUP));
  return { folder, child, pid, text };
}

async function firstChildOf(child: ChildProcess): Promise<number> {
  const children = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  await until(() => children() !== "");
  return Number(children());
}

/** Whether a process has a handler for a signal. */
function handles(pid: number, signal: number): boolean {
  const [, mask] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((next) => setImmediate(next));
}

/** Ends process 1 with a signal; its exit code is that of unshare. */
async function codeAfter({ child, pid }: { child: ChildProcess; pid: number }, signal: NodeJS.Signals) {
  const closed = once(child, "close");
  process.kill(pid, signal);
  return ((await closed) as [number])[0];
}

/** A server that takes connections and says nothing, as a URL of PostgreSQL, and the first connection. */
async function startSilent() {
  const server = createServer((socket) => socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const url = `postgresql://ada:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}/postern`;
  return { url, connected: once(server, "connection") };
}

/** Holds the lock that a start needs to migrate, and waits until the server of `url` waits for it. */
async function holdMigrationLock(url: string, readiness: string): Promise<() => Promise<void>> {
  if (url.startsWith("sqlite:")) {
    const { Database } = loadSqlite3();
    const holder = await new Promise<InstanceType<typeof Database>>((opened, failed) => {
      const database = new Database(url.slice("sqlite:".length), (error) => (error ? failed(error) : opened(database)));
    });
    await new Promise<void>((done) => holder.exec("begin immediate", () => done()));
    onTestFinished(() => new Promise<void>((closed) => holder.close(() => closed())));
    return () => until(async () => (await fetch(readiness).catch(() => undefined))?.status === 503);
  }
  const holder = new Client(url);
  await holder.connect();
  onTestFinished(() => holder.end());
  await holder.query("begin; select pg_advisory_xact_lock(hashtext('postern migrations'))");
  return () =>
    until(async () => {
      const { rows } = await holder.query("select 1 from pg_locks where locktype = 'advisory' and not granted");
      return rows.length > 0;
    });
}

describe.skipIf(!canIsolate)("as process 1", () => {
  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("%s ends a start that still loads its modules", async (signal, code) => {
    expect(await codeAfter(await startAsFirst({}), signal)).toBe(code);
  });

  test.each(["1", "2"])("a signal ends a start with %s worker that waits for the lock to migrate", async (workers) => {
    const url = await newUnsharedUrl();
    const port = String(await freePort());
    const waits = await holdMigrationLock(url, `http://127.0.0.1:${port}/readyz`);
    const started = await startAsFirst({ DATABASE_URL: url, PORT: port, WORKERS: workers });
    await waits();
    expect(await codeAfter(started, "SIGTERM")).toBe(143);
    expect(started.text.all).not.toContain("ready");
  });

  describe.skipIf(inject("database") !== "postgresql")("with a database that doesn't answer", () => {
    test.each([[[]], [["migrate"]], [["users", "list"]], [["doctor"]]])("a signal ends postern %j", async (args) => {
      const { url, connected } = await startSilent();
      const started = await startAsFirst({ DATABASE_URL: url }, args);
      await connected;
      expect(await codeAfter(started, "SIGTERM")).toBe(143);
    });
  });

  test("a running server stops at a signal, and ends at once at the second", async () => {
    const started = await startAsFirst({ SHUTDOWN_DELAY: "1h", DATABASE_URL: await newUnsharedUrl() });
    await until(() => started.text.all.includes('"msg":"ready"'));
    process.kill(started.pid, "SIGTERM");
    await until(() => started.text.all.includes('"msg":"stopping"'));
    expect(await codeAfter(started, "SIGINT")).toBe(130);
  });
});
