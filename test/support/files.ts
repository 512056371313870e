import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

/** A folder of a test's own, gone when it is over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Where a test's own database can be: a file in a folder that is gone when the test is over. */
export const newFile = (): string => join(newFolder(), "posts.sqlite");

/** The same as `DATABASE_URL` has it. */
export const newFileUrl = (): string => `sqlite:${newFile()}`;
