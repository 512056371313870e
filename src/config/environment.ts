import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

import { readConfig, type Config } from "./settings.js";

/**
 * Reads the settings from the environment and, where it says nothing, from the file `.env` of the working folder.
 *
 * @throws ConfigError with a line per problem.
 */
export function configOfEnvironment(): ReturnType<typeof readConfig> {
  const file = environmentFile();
  return readConfig({ ...file, ...process.env }, Object.keys(file));
}

/**
 * The database that the same names, and how it is used; no other setting is read, for commands that need none.
 *
 * @throws ConfigError with a line per problem.
 */
export function databaseOfEnvironment(): Pick<Config, "databaseUrl" | "databaseUse"> {
  const file = environmentFile();
  const names = ["DATABASE_URL", "DATABASE_CONNECTIONS", "DATABASE_POOLER"] as const;
  return readConfig(Object.fromEntries(names.map((name) => [name, process.env[name] ?? file[name]]))).config;
}

function environmentFile(): NodeJS.Dict<string> {
  // Some editors begin a file with a byte order mark, which would become part of the first name.
  const text = existsSync(".env") ? readFileSync(".env", "utf8").replace(/^\uFEFF/, "") : "";
  return parseEnv(text);
}
