import { existsSync } from "node:fs";

import { openDatabase } from "../database/database.js";
import { withoutPassword } from "../database/database-error.js";
import { engineOf } from "../database/engines.js";
import { knownMigrations, migrationState } from "../database/migration-state.js";
import type { CommandDeps, CommandResult } from "./command.js";
import { databaseToKeep, reading } from "./open.js";
import { counted } from "./text.js";

/** Creates or migrates the tables. */
export async function migrate(deps: CommandDeps): Promise<CommandResult> {
  const settings = databaseToKeep();
  const { databaseUrl: url, databaseUse } = settings;
  const { entities, migrations } = await deps.loadFeatures();
  const file = engineOf(url).file(url);
  const applied =
    file !== undefined && !existsSync(file)
      ? knownMigrations(engineOf(url), migrations)
      : await reading(
          settings,
          deps,
          async (reader, { engine }) => (await migrationState(engine, reader, migrations)).pending,
        );
  const database = await openDatabase(url, entities, { use: databaseUse, migrations });
  await database.close(true);
  const shown = withoutPassword(url);
  const names = applied.map(({ name, of }) => `\n  ${name}${of === "postern" ? "" : ", of the application"}`).join("");
  return {
    json: { database: shown, applied },
    acts: applied.map(({ name }) => ({ event: "migration run", migration: name })),
    text:
      applied.length === 0
        ? `${shown} is up to date`
        : `Ran ${counted(applied.length, "migration")} on ${shown}:${names}`,
  };
}
