import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates an empty file that only its owner may read, and its folder likewise if that doesn't exist. SQLite would
 * create the file with the rights of the umask; it gives its -wal and -shm files the rights of the file. An existing
 * file is left as it is.
 */
export function createPrivateFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
  } catch {
    // Opening the file fails as well, and that error is explained.
  }
}
