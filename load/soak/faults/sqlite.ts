import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import sqlite3 from "sqlite3";

import { temporaryFolder } from "../../seeded-database.js";
import { away, logGoesBack, type Fault, type TestedDatabase } from "./fault.js";

// Enough for the database of an hour, and small enough to fill quickly.
const diskMegabytes = 128;

/** Makes a SQLite file, on a disk of its own if this machine allows one. */
export function testedSqlite(): TestedDatabase {
  const folder = temporaryFolder();
  const whyNoDisk = mountSmallDisk(folder);
  const whyNoStrace = straceProblem();
  const file = join(folder, "postern.sqlite");
  const writesOnly = { reads: [], writes: away };
  const locked = (begin: string): Fault => ({
    ...writesOnly,
    kind: `the file locked by ${begin}`,
    run: (random) =>
      withDatabase(file, async (run) => {
        await run(begin);
        await pause(random.between(1000, 13_000));
        await run("rollback");
      }),
  });
  const failing = (kind: string, calls: string, error: string): Fault => ({
    ...writesOnly,
    kind,
    isOfOneProcess: true,
    run: (random, _process, pid) => failCalls(pid, calls, error, [file, `${file}-wal`], random.between(1000, 3000)),
  });
  const full: Fault = {
    ...writesOnly,
    kind: "disk full",
    async run(random) {
      const free = fillDisk(folder);
      await pause(random.between(1000, 4000));
      free();
    },
  };
  const rows = (query: string) => withDatabase(file, (run) => run(query));
  const newest = async () => ((await rows("select max(seq) as seq from events"))[0].seq as number | null) ?? 0;
  const numbers = "update sqlite_sequence set seq = (select max(seq) from events) where name = 'events'";
  return {
    name: "SQLite",
    url: `sqlite:${file}`,
    faults: [
      logGoesBack(newest, (statements) =>
        withDatabase(file, async (run) => {
          for (const statement of ["begin immediate", ...statements, numbers, "commit"]) await run(statement);
        }),
      ),
      locked("BEGIN IMMEDIATE"),
      locked("BEGIN EXCLUSIVE"),
      ...(whyNoDisk === "" ? [full] : []),
      ...(whyNoStrace === ""
        ? [
            failing("fsync fails in a process", "fsync,fdatasync", "EIO"),
            failing("writes fail in a process", "pwrite64,write", "ENOSPC"),
          ]
        : []),
    ],
    skipped: [
      ...(whyNoDisk === "" ? [] : [`disk full, since no small file system can be mounted: ${whyNoDisk}`]),
      ...(whyNoStrace === "" ? [] : [`failing fsync and writes, since strace doesn't work: ${whyNoStrace}`]),
    ],
    rows,
    close: async () => {},
  };
}

async function withDatabase<Result>(
  file: string,
  work: (run: (statement: string) => Promise<any[]>) => Promise<Result>,
): Promise<Result> {
  const database = new sqlite3.Database(file, sqlite3.OPEN_READWRITE);
  database.configure("busyTimeout", 10_000);
  try {
    return await work(promisify(database.all.bind(database)));
  } finally {
    await promisify(database.close.bind(database))();
  }
}

/** Mounts a small file system in memory over a folder until this process ends. Returns the problem if that fails. */
function mountSmallDisk(folder: string): string {
  const options = `size=${diskMegabytes}m,mode=700`;
  const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  if (status !== 0) return (error?.message ?? String(stderr)).trim();
  // Before the folder is deleted; lazily, since servers may have files open until they are killed.
  process.prependOnceListener("exit", () => spawnSync("umount", ["--lazy", folder]));
  return "";
}

/** Fills a folder's file system. Returns a function that frees the space again. */
function fillDisk(folder: string): () => void {
  const file = join(folder, "filling");
  const handle = openSync(file, "w");
  for (let bytes = 1024 * 1024; bytes >= 512; bytes /= 2) writeUntilFull(handle, Buffer.alloc(bytes, 1));
  return () => {
    closeSync(handle);
    rmSync(file);
  };
}

function writeUntilFull(handle: number, chunk: Buffer): void {
  try {
    for (;;) writeSync(handle, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

/** Returns why system calls of a running process can't be made to fail on this machine; empty if they can. */
function straceProblem(): string {
  const child = spawn("sleep", ["5"], { stdio: "ignore" });
  const strace = ["strace", "-qq", "-e", "trace=none", "-p", `${child.pid}`];
  const { error, stderr } = spawnSync("timeout", ["--signal=INT", "0.5", ...strace]);
  child.kill("SIGKILL");
  return (error?.message ?? String(stderr)).trim().split("\n", 1)[0]!;
}

/** Makes system calls of a process, such as `fsync,fdatasync`, fail for a while on these files and no others. */
async function failCalls(pid: number, calls: string, error: string, files: readonly string[], milliseconds: number) {
  const options = ["-qq", "-f", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}`];
  const paths = files.flatMap((file) => ["-P", file]);
  const strace = spawn("strace", [...options, ...paths, "-p", `${pid}`], { stdio: "ignore" });
  const ended = once(strace, "exit");
  await pause(milliseconds);
  // With this signal it detaches from the process; killed, it might not.
  strace.kill("SIGINT");
  await ended;
}
