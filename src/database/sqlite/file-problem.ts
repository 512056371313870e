import { accessSync, closeSync, constants, existsSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Returns why a database file can't be used, in one line. SQLite passes on little of the system's error, so the system
 * is asked again.
 *
 * @param code SQLite's error code, such as `SQLITE_CANTOPEN`.
 */
export function fileProblem(path: string, code: string): string {
  const problem = problems[code] ?? systemProblem(path) ?? "SQLite gives no reason";
  return `DATABASE_URL names a file that can't be used, ${path}: ${problem} (${code})`;
}

function systemProblem(path: string): string | undefined {
  try {
    closeSync(openSync(path, "r+"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return problems[code ?? ""] ?? code;
  }
  return writeProblem(path);
}

// With less, SQLite can't begin a transaction.
const minFreeBytes = 128 * 1024;

/**
 * Returns why a database file can't be written; undefined if it can. It opens no file: closing one would release the
 * locks that SQLite holds on it in this process.
 */
export function writeProblem(path: string): string | undefined {
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
    // File systems reserve some space for root.
    const free = process.getuid?.() === 0 ? bfree : bavail;
    return free * bsize < minFreeBytes ? problems["ENOSPC"] : undefined;
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
  SQLITE_NOTADB: "it is not a SQLite database",
  ENOSPC: "its disk is full",
  EMFILE: "this process may open no more files; raise the limit (ulimit -n)",
  ENFILE: "this machine can open no more files",
  EACCES: "this user may not write it",
  EPERM: "this user may not write it",
  EROFS: "its disk is read-only",
  EISDIR: "it is a folder",
  ENOENT: "its folder doesn't exist, or can't be created",
  ENOTDIR: "what should be its folder is a file",
};
