import { existsSync, readFileSync } from "node:fs";

import { parseEnvironmentFile } from "./environment-file.js";
import { readConfig } from "./read-config.js";
import { ConfigError, type Config } from "./config.js";

/**
 * Reads the settings from the environment. Variables that it doesn't set are read from the file `.env` in the working
 * folder.
 *
 * @throws ConfigError with a line per problem.
 */
export function configFromEnvironment(): ReturnType<typeof readConfig> {
  const { values, problems, namesInFile } = environment();
  try {
    const read = readConfig(values, namesInFile);
    if (problems.length === 0) return read;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...problems, ...error.problems]);
  }
  throw new ConfigError(problems);
}

/**
 * Reads only the settings of the database, for commands that need no others.
 *
 * @throws ConfigError with a line per problem.
 */
export function databaseFromEnvironment(): Pick<Config, "databaseUrl" | "databaseUse"> {
  const { values, problems } = environment();
  if (problems.length > 0) throw new ConfigError(problems);
  const names = ["DATABASE_URL", "DATABASE_CONNECTIONS", "DATABASE_POOLER"] as const;
  return readConfig(Object.fromEntries(names.map((name) => [name, values[name]]))).config;
}

/** Merges the environment over the file. An empty variable of the environment doesn't hide a line of the file. */
function environment() {
  const { values: file, problems } = existsSync(".env")
    ? parseEnvironmentFile(readFileSync(".env"))
    : { values: {}, problems: [] };
  const values: NodeJS.Dict<string> = { ...file };
  for (const [name, value] of Object.entries(process.env)) if (value !== "" || !file[name]) values[name] = value;
  return { values, problems, namesInFile: Object.keys(file) };
}
