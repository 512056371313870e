import { closeSync, openSync, statfsSync } from "node:fs";
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
  try {
    // Less than SQLite needs to begin.
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 128 * 1024 ? problems["ENOSPC"] : undefined;
  } catch {
    return undefined;
  }
}

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
