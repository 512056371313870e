import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

import type sqlite3 from "sqlite3";

import { systemTimer } from "../foundation/clock.js";
import { engineOf } from "../database/engines.js";
import { busyTimeoutMilliseconds } from "../database/sqlite/read-connection.js";
import { loadSqlite3 } from "../database/sqlite/load-sqlite3.js";
import { CommandError } from "./command.js";

const interruptions = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const interruptEveryMilliseconds = 20;

/**
 * Copies a database of SQLite to a file, as it is at one instant, while servers read and write it.
 *
 * @returns how many bytes the copy has.
 * @throws CommandError where there is no copy.
 */
export async function backUp(url: string, target: string): Promise<{ readonly from: string; readonly bytes: number }> {
  if (/^postgres(ql)?:/.test(url))
    throw new CommandError(`PostgreSQL has its own: pg_dump --format=custom --file=${target} "$DATABASE_URL"`);
  const source = engineOf(url).file(url);
  if (source === undefined)
    throw new CommandError("DATABASE_URL names no file that could be copied, for example sqlite:./data/postern.sqlite");
  if (!existsSync(source)) throw new CommandError(`There is no database to copy: ${source}`);
  try {
    await copyTo(target, (draft, signal) => vacuumInto(source, draft, signal));
  } catch (error) {
    const { code = "", syscall, message } = error as NodeJS.ErrnoException;
    throw syscall !== undefined || code.startsWith("SQLITE_")
      ? new CommandError(`There is no copy: ${message}`)
      : error;
  }
  return { from: source, bytes: (await stat(target)).size };
}

/** Creates `target` with all of its content or not at all, for its owner alone, since it holds password hashes. */
async function copyTo(target: string, write: (draft: string, signal: AbortSignal) => Promise<void>): Promise<void> {
  const refuseExisting = () => {
    if (existsSync(target)) throw new CommandError(`${target} exists already: name another file, or remove it`);
  };
  refuseExisting();
  const draft = `${target}.${randomUUID()}`;
  const interruption = new AbortController();
  // Each time, since a second Ctrl+C would end the process before the draft is gone.
  const interrupt = () => interruption.abort(new CommandError("Interrupted: there is no copy"));
  for (const signal of interruptions) process.on(signal, interrupt);
  const file = await open(draft, "wx", 0o600);
  try {
    await write(draft, interruption.signal);
    await file.sync();
    interruption.signal.throwIfAborted();
    refuseExisting();
    await rename(draft, target);
  } finally {
    await file.close();
    await rm(draft, { force: true });
    for (const signal of interruptions) process.off(signal, interrupt);
  }
  // The name has to be on the disk like the content. Windows opens no folders, and needs no such thing.
  if (process.platform === "win32") return;
  const folder = await open(dirname(target));
  await folder.sync();
  await folder.close();
}

/**
 * Writes the database `source` to the empty file `target` as it is at one instant. SQLite's backup API would begin anew
 * whenever another process writes; this reads as any reader action, and leaves out what was deleted.
 *
 * @see https://www.sqlite.org/lang_vacuum.html#vacuuminto
 */
async function vacuumInto(source: string, target: string, signal: AbortSignal): Promise<void> {
  const { Database, OPEN_READONLY } = loadSqlite3();
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new Database(source, OPEN_READONLY, (error) => (error === null ? resolve(opened) : reject(error)));
  });
  connection.configure("busyTimeout", busyTimeoutMilliseconds);
  let cancel: (() => void) | undefined;
  const interrupt = () => {
    connection.interrupt();
    // One that comes before the statement has begun is lost.
    cancel = systemTimer(interruptEveryMilliseconds, interrupt);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      connection.run("vacuum into ?", [target], (error: Error | null) =>
        error === null ? resolve() : reject(signal.aborted ? signal.reason : error),
      );
      signal.addEventListener("abort", interrupt);
    });
  } finally {
    signal.removeEventListener("abort", interrupt);
    cancel?.();
    await new Promise((closed) => connection.close(closed));
  }
}
