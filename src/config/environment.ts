import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

import { settings } from "./setting-list.js";
import { readConfig } from "./settings.js";

/**
 * Reads the settings from the environment and, where it says nothing, from the file `.env` of the working folder.
 *
 * @throws ConfigError with a line per problem.
 */
export function configOfEnvironment(): ReturnType<typeof readConfig> {
  const file = environmentFile();
  return readConfig({ ...file, ...process.env }, Object.keys(file));
}

/** `DATABASE_URL` of the same, unchecked, for commands that need no other setting and run where none is given. */
export function databaseUrlOfEnvironment(): string {
  return process.env["DATABASE_URL"] ?? environmentFile()["DATABASE_URL"] ?? settings.DATABASE_URL.preset;
}

function environmentFile(): NodeJS.Dict<string> {
  // Some editors begin a file with a byte order mark, which would become part of the first name.
  const text = existsSync(".env") ? readFileSync(".env", "utf8").replace(/^\uFEFF/, "") : "";
  return parseEnv(text);
}
