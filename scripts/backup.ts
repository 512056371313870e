// Copies the SQLite database of DATABASE_URL to a file, as it is at one instant, while servers read and write it:
//   npm run db:backup -- FILE
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

import sqlite3 from "sqlite3";

import { systemTimer } from "../src/clock.js";
import { databaseUrlOfEnvironment } from "../src/config/environment.js";
import { busyTimeoutMilliseconds } from "../src/database/sqlite/connection.js";

/** Why there is no copy, in a line. */
class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}

const interruptions = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const interruptEveryMilliseconds = 20;

async function main(): Promise<void> {
  const [target, ...more] = process.argv.slice(2);
  if (target === undefined || target.startsWith("-") || more.length > 0)
    throw new BackupRefused("Name the file to copy to: npm run db:backup -- FILE");
  const url = databaseUrlOfEnvironment();
  if (/^postgres(ql)?:/.test(url))
    throw new BackupRefused(`PostgreSQL has its own: pg_dump --format=custom --file=${target} "$DATABASE_URL"`);
  const source = url.replace(/^sqlite:/, "");
  if (source === url || source === ":memory:")
    throw new BackupRefused(
      "DATABASE_URL names no file that could be copied, for example sqlite:./data/postern.sqlite",
    );
  if (!existsSync(source)) throw new BackupRefused(`There is no database to copy: ${source}`);

  await copyTo(target, (draft, signal) => vacuumInto(source, draft, signal));
  console.log(`Copied ${source} to ${target}: ${(await stat(target)).size.toLocaleString("en")} bytes`);
}

/** Creates `target` with all of its content or not at all, for its owner alone, since it holds password hashes. */
async function copyTo(target: string, write: (draft: string, signal: AbortSignal) => Promise<void>): Promise<void> {
  const refuseExisting = () => {
    if (existsSync(target)) throw new BackupRefused(`${target} exists already: name another file, or remove it`);
  };
  refuseExisting();
  const draft = `${target}.${randomUUID()}`;
  const interruption = new AbortController();
  // Each time, since a second Ctrl+C would end the process before the draft is gone.
  for (const signal of interruptions)
    process.on(signal, () => interruption.abort(new BackupRefused("Interrupted: there is no copy")));
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
  }
  // The name has to be on the disk like the content. Windows opens no folders, and needs no such thing.
  if (process.platform === "win32") return;
  const folder = await open(dirname(target));
  await folder.sync();
  await folder.close();
}

/**
 * Writes the database `source` to the empty file `target` as it is at one instant. SQLite's backup API would begin anew
 * whenever another process writes; this reads as any reader does, and leaves out what was deleted.
 *
 * @see https://www.sqlite.org/lang_vacuum.html#vacuuminto
 */
async function vacuumInto(source: string, target: string, signal: AbortSignal): Promise<void> {
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(source, sqlite3.OPEN_READONLY, (error) =>
      error === null ? resolve(opened) : reject(error),
    );
  });
  connection.configure("busyTimeout", busyTimeoutMilliseconds);
  let lift: (() => void) | undefined;
  const interrupt = () => {
    connection.interrupt();
    // One that comes before the statement has begun is lost.
    lift = systemTimer(interruptEveryMilliseconds, interrupt);
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
    lift?.();
    await new Promise((closed) => connection.close(closed));
  }
}

/** What to say of an error: one line where the cause is known, with the stack where it is our mistake. */
function linesOf(error: unknown): string {
  if (error instanceof BackupRefused) return error.message;
  const { code = "", syscall, message, stack } = error as NodeJS.ErrnoException;
  return syscall !== undefined || code.startsWith("SQLITE_") ? `There is no copy: ${message}` : (stack ?? message);
}

main().catch((error: unknown) => {
  console.error(linesOf(error));
  process.exit(1);
});
