import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

/** Makes a folder for a test, which is deleted when the test is over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns a path for a test's database in a new folder. */
export const newFile = (): string => join(newFolder(), "posts.sqlite");

/** Returns a `DATABASE_URL` for a new file. */
export const newFileUrl = (): string => `sqlite:${newFile()}`;
