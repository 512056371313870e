import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ConfigError } from "./settings.js";

/**
 * The signing secret of a machine that was given none: made once and kept in `jwt-secret` in `folder`, for its owner
 * alone to read, so that tokens outlive a restart.
 */
export async function keptSecret(folder: string): Promise<{ secret: string; path: string; isNew: boolean }> {
  const path = join(folder, "jwt-secret");
  await mkdir(folder, { recursive: true });
  const isNew = await createWhole(path, randomBytes(32).toString("hex"));
  const secret = await readFile(path, "utf8");
  if (Buffer.byteLength(secret) < 32)
    throw new ConfigError([`${path} holds no secret of 32 bytes: delete it to have one made, or set JWT_SECRET`]);
  return { secret, path, isNew };
}

/** Creates the file with all of its content, or not at all where it exists: two processes may start at once. */
async function createWhole(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft);
  }
}
