import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

import { readConfig } from "./settings.js";

/**
 * Reads the settings from the environment and, where it says nothing, from the file `.env` of the working folder.
 *
 * @throws ConfigError with a line per problem.
 */
export function configOfEnvironment(): ReturnType<typeof readConfig> {
  // Some editors begin a file with a byte order mark, which would become part of the first name.
  const text = existsSync(".env") ? readFileSync(".env", "utf8").replace(/^\uFEFF/, "") : "";
  const file = parseEnv(text);
  return readConfig({ ...file, ...process.env }, Object.keys(file));
}
