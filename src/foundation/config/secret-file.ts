import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ConfigError } from "./config.js";

/** The folder of files that the server makes for itself. */
export const dataFolder = "./data";

/** Returns the path of the file that stores a signing secret. */
export const secretFileIn = (folder: string): string => join(folder, "jwt-secret");

/**
 * Returns the signing secret for a server without JWT_SECRET. It is made once and stored in `jwt-secret` in `folder`,
 * readable by its owner alone, so that tokens stay valid after a restart.
 */
export async function loadOrCreateSecret(folder: string): Promise<{ secret: string; path: string; isNew: boolean }> {
  const path = secretFileIn(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isNew = await createAtomically(path, newSecret());
  return { secret: await readSecret(path), path, isNew };
}

/** Makes a random secret. */
export const newSecret = (): string => randomBytes(32).toString("hex");

/**
 * Returns the secret in a file.
 *
 * @throws ConfigError if the secret is too short, and the system's error if the file can't be read.
 */
export async function readSecret(path: string): Promise<string> {
  const secret = await readFile(path, "utf8");
  if (Buffer.byteLength(secret) < 32)
    throw new ConfigError([`${path} holds no secret of 32 bytes: delete it to have one made, or set JWT_SECRET`]);
  return secret;
}

/** Creates the file with all of its content, unless it exists: two processes may start at the same time. */
async function createAtomically(path: string, content: string): Promise<boolean> {
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
