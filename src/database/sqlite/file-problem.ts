import { accessSync, closeSync, constants, existsSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Why a database file can't be used, in a line. SQLite says little of what the system has told it, so the system is
 * asked again.
 *
 * @param code SQLite's, such as `SQLITE_CANTOPEN`.
 */
export function whyUnusable(path: string, code: string): string {
  const problem = problems[code] ?? systemProblem(path) ?? "SQLite says no more";
  return `DATABASE_URL names a file that can't be used, ${path}: ${problem} (${code})`;
}

function systemProblem(path: string): string | undefined {
  try {
    closeSync(openSync(path, "r+"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return problems[code ?? ""] ?? code;
  }
  return whyReadOnly(path);
}

// SQLite needs more to begin a transaction.
const leastFreeBytes = 128 * 1024;

/**
 * Why a database can't be written, in words; undefined if it can. It opens no file: to close one would drop the locks
 * that SQLite holds on it in this process.
 */
export function whyReadOnly(path: string): string | undefined {
  const folder = dirname(path);
  for (const each of [path, `${path}-wal`, `${path}-shm`, folder]) {
    if (!existsSync(each)) continue;
    try {
      accessSync(each, constants.W_OK);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      return each === folder ? (folderProblems[code] ?? code) : (problems[code] ?? code);
    }
  }
  try {
    const { bavail, bfree, bsize } = statfsSync(folder);
    // File systems keep some room for root alone.
    const free = process.getuid?.() === 0 ? bfree : bavail;
    return free * bsize < leastFreeBytes ? problems["ENOSPC"] : undefined;
  } catch {
    return undefined;
  }
}

const folderProblems: Readonly<Record<string, string>> = {
  EACCES: "this user may not write its folder",
  EPERM: "this user may not write its folder",
  EROFS: "its disk is read-only",
};

const problems: Readonly<Record<string, string>> = {
  SQLITE_BUSY: "another process is writing to it",
  SQLITE_CORRUPT: "it is damaged",
  SQLITE_NOTADB: "it is no SQLite database",
  ENOSPC: "its disk is full",
  EMFILE: "this process may open no more files; raise the limit (ulimit -n)",
  ENFILE: "this machine can open no more files",
  EACCES: "this user may not write it",
  EPERM: "this user may not write it",
  EROFS: "its disk is read-only",
  EISDIR: "it is a folder",
  ENOENT: "its folder is not there, or can't be made",
  ENOTDIR: "what should be its folder is a file",
};
