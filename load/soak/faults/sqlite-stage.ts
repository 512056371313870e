import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import sqlite3 from "sqlite3";

import { temporaryFolder } from "../../seeded-database.js";
import { failCalls, whyNoFailingCalls } from "./failing-calls.js";
import { away, type Fault, type Stage } from "./fault.js";
import { logGoesBack } from "./log-goes-back.js";
import { fillDisk, mountSmallDisk } from "./small-disk.js";

// Enough for the database of an hour, and small enough to fill quickly.
const diskMegabytes = 128;

/** Makes a SQLite file, on a disk of its own if this machine allows one. */
export function sqliteStage(pidOf: (process: number) => number): Stage {
  const folder = temporaryFolder();
  const noDisk = mountSmallDisk(folder, diskMegabytes);
  const noFailing = whyNoFailingCalls();
  const file = join(folder, "postern.sqlite");
  const skipped: string[] = [];
  if (noDisk !== undefined) skipped.push(`disk full, since no small file system can be mounted: ${noDisk}`);
  if (noFailing !== undefined) skipped.push(`failing fsync and writes, since strace is of no use: ${noFailing}`);

  const writesOnly = { reads: [], writes: away };
  const locked = (begin: string): Fault => ({
    ...writesOnly,
    kind: `the file locked by ${begin}`,
    async run({ random }) {
      const database = await opened(file);
      await execute(database, `pragma busy_timeout = 10000; ${begin}`);
      await pause(random.between(1000, 13_000));
      await execute(database, "rollback");
      await closed(database);
    },
  });
  const failing = (kind: string, calls: string, error: "EIO" | "ENOSPC"): Fault => ({
    ...writesOnly,
    kind,
    ofOneProcess: true,
    run: ({ random, process }) =>
      failCalls(pidOf(process), { calls, files: [file, `${file}-wal`], error }, random.between(1000, 3000)),
  });
  const full: Fault = {
    ...writesOnly,
    kind: "disk full",
    async run({ random }) {
      const empty = fillDisk(folder);
      await pause(random.between(1000, 4000));
      empty();
    },
  };
  const rows = async (query: string): Promise<any[]> => {
    const database = await opened(file);
    try {
      return await new Promise<any[]>((resolve, reject) =>
        database.all(query, (error, found) => (error === null ? resolve(found) : reject(error))),
      );
    } finally {
      await closed(database);
    }
  };
  const newest = async () => ((await rows("select max(seq) as seq from events"))[0].seq as number | null) ?? 0;
  const goesBack = logGoesBack(newest, async (statements) => {
    const database = await opened(file);
    const numbers = "update sqlite_sequence set seq = (select max(seq) from events) where name = 'events'";
    const all = ["pragma busy_timeout = 10000", "begin immediate", ...statements, numbers, "commit"];
    await execute(database, all.join("; "));
    await closed(database);
  });
  return {
    name: "SQLite",
    url: `sqlite:${file}`,
    faults: [
      goesBack,
      locked("BEGIN IMMEDIATE"),
      locked("BEGIN EXCLUSIVE"),
      ...(noDisk === undefined ? [full] : []),
      ...(noFailing === undefined
        ? [
            failing("fsync fails in a process", "fsync,fdatasync", "EIO"),
            failing("writes fail in a process", "pwrite64,write", "ENOSPC"),
          ]
        : []),
    ],
    skipped,
    rows,
    close: async () => {},
  };
}

function opened(file: string): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, sqlite3.OPEN_READWRITE, (error) =>
      error === null ? resolve(database) : reject(error),
    );
  });
}

const execute = (database: sqlite3.Database, statements: string): Promise<void> =>
  new Promise((resolve, reject) => {
    database.exec(statements, (error) => (error === null ? resolve() : reject(error)));
  });

const closed = (database: sqlite3.Database): Promise<void> =>
  new Promise((resolve, reject) => {
    database.close((error) => (error === null ? resolve() : reject(error)));
  });
