import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** The environment and, where it says nothing, the file `.env` of the working folder. */
export function readEnvironment(): Record<string, string | undefined> {
  const file = existsSync(".env") ? parseEnv(readFileSync(".env", "utf8")) : {};
  return { ...file, ...process.env };
}
