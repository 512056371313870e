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
 * Copies an SQLite database to a file, as of one instant, while servers read and write it.
 *
 * @returns the source file and the size of the copy.
 * @throws CommandError if the copy can't be made.
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
      ? new CommandError(`No copy was made: ${message}`)
      : error;
  }
  return { from: source, bytes: (await stat(target)).size };
}

/** Creates `target` complete or not at all. Only its owner may read it, since it holds password hashes. */
async function copyTo(target: string, write: (draft: string, signal: AbortSignal) => Promise<void>): Promise<void> {
  const refuseExisting = () => {
    if (existsSync(target)) throw new CommandError(`${target} exists already: name another file, or remove it`);
  };
  refuseExisting();
  const draft = `${target}.${randomUUID()}`;
  const interruption = new AbortController();
  // `on`, not `once`: a second Ctrl+C would end the process before the draft is deleted.
  const interrupt = () => interruption.abort(new CommandError("Interrupted: no copy was made"));
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
  // The file's name has to reach the disk like its content. Windows can't open folders and doesn't need this.
  if (process.platform === "win32") return;
  const folder = await open(dirname(target));
  await folder.sync();
  await folder.close();
}

/**
 * Writes the database `source` to the empty file `target` as of one instant. SQLite's backup API would start again
 * whenever another process writes; VACUUM INTO is one read transaction and leaves out deleted rows.
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
    // An interrupt has no effect before the statement starts, so repeat it.
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
