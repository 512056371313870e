import { existsSync, readFileSync } from "node:fs";

import { parseEnvironmentFile } from "./environment-file.js";
import { ConfigError, readConfig, type Config } from "./settings.js";

/**
 * Reads the settings from the environment and, for what it doesn't set, from the file `.env` of the working folder.
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
 * Reads the settings of the database from there, and no others, for commands that need none.
 *
 * @throws ConfigError with a line per problem.
 */
export function databaseFromEnvironment(): Pick<Config, "databaseUrl" | "databaseUse"> {
  const { values, problems } = environment();
  if (problems.length > 0) throw new ConfigError(problems);
  const names = ["DATABASE_URL", "DATABASE_CONNECTIONS", "DATABASE_POOLER"] as const;
  return readConfig(Object.fromEntries(names.map((name) => [name, values[name]]))).config;
}

/** The environment over the file. An empty variable of the environment doesn't hide a line of the file. */
function environment() {
  const { values: file, problems } = existsSync(".env")
    ? parseEnvironmentFile(readFileSync(".env"))
    : { values: {}, problems: [] };
  const values: NodeJS.Dict<string> = { ...file };
  for (const [name, value] of Object.entries(process.env)) if (value !== "" || !file[name]) values[name] = value;
  return { values, problems, namesInFile: Object.keys(file) };
}
