import { writeFileSync } from "node:fs";

import { makeSchema, printedSchema } from "../graphql/schema.js";
import { CommandError, type CommandDeps, type CommandResult } from "./command.js";

/** Prints the schema with an application's features, or writes it to a file. It needs no database. */
export async function printSchema(
  { loadFeatures }: Pick<CommandDeps, "loadFeatures">,
  file: string | undefined,
): Promise<CommandResult> {
  const schema = printedSchema(makeSchema(await loadFeatures()));
  if (file === undefined) return { json: { schema }, text: schema.trimEnd() };
  try {
    writeFileSync(file, schema);
  } catch (error) {
    throw new CommandError(`The schema can't be written: ${(error as Error).message}`);
  }
  return { json: { file }, text: `Wrote the schema to ${file}` };
}
