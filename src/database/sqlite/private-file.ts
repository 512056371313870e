import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes an empty file that only its owner may read, in a folder for the owner alone if that isn't there either. SQLite
 * gives its -wal and -shm the rights of the file, and would give the file those of the umask. A file that is there stays
 * as it is.
 */
export function createPrivateFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
  } catch {
    // SQLite fails in turn, and its error is explained.
  }
}
