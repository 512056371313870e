import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ConfigError } from "./settings.js";

/** Where a machine keeps what is made for it. */
export const dataFolder = "./data";

/** The file in it that keeps a signing secret. */
export const secretFileIn = (folder: string): string => join(folder, "jwt-secret");

/**
 * The signing secret of a machine that was given none: made once and kept in `jwt-secret` in `folder`, for its owner
 * alone to read, so that tokens outlive a restart.
 */
export async function loadOrCreateSecret(folder: string): Promise<{ secret: string; path: string; isNew: boolean }> {
  const path = secretFileIn(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isNew = await createWhole(path, newSecret());
  return { secret: await readSecret(path), path, isNew };
}

/** A secret that nobody can guess. */
export const newSecret = (): string => randomBytes(32).toString("hex");

/**
 * The secret that a file keeps.
 *
 * @throws ConfigError where it is too short, and the system's error where the file can't be read.
 */
export async function readSecret(path: string): Promise<string> {
  const secret = await readFile(path, "utf8");
  if (Buffer.byteLength(secret) < 32)
    throw new ConfigError([`${path} holds no secret of 32 bytes: delete it to have one made, or set JWT_SECRET`]);
  return secret;
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
