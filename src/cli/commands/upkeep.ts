import { existsSync } from "node:fs";

import type { Command } from "commander";

import { engineOf } from "../../database/engines.js";
import { withoutPassword } from "../../database/database-error.js";
import { openDatabase } from "../../database/database.js";
import { knownMigrations, migrationState } from "../../database/migration-state.js";
import { exitCodes, type MakeAction, type CommandResult, type CommandDeps } from "../command.js";
import { examine, type Check } from "../doctor.js";
import { listKeys } from "../keys.js";
import { databaseToKeep, reading } from "../open.js";
import { makeSecret } from "../secret.js";
import { counted } from "../text.js";

/** Adds the commands that prepare and check a server. */
export function addUpkeep(program: Command, deps: CommandDeps, action: MakeAction): void {
  program
    .command("doctor")
    .description(
      "checks settings, keys, database, migrations, history, clock and disk, and says what to do; changes nothing",
    )
    .action(
      action(async () => {
        const checks = await examine(deps);
        const ok = !checks.some(({ state }) => state === "problem");
        const code = ok ? exitCodes.done : exitCodes.refused;
        return { json: { ok, checks }, text: checks.map(linesOf).join("\n"), code };
      }),
    );

  program
    .command("migrate")
    .description("creates or migrates the tables, like a start of the server")
    .action(action(async () => migrate(deps)));

  program.command("keys").description("lists the keys that sign and verify tokens").action(action(listKeys));

  program
    .command("secret")
    .description("prints a new signing secret")
    .option("--es256", "prints a key pair instead, as PEM")
    .action(action(async ({ es256 }: { es256?: boolean }) => makeSecret(es256 === true)));
}

function linesOf({ name, state, message, advice }: Check): string {
  const [first, ...more] = [...message.split("\n"), ...(advice === undefined ? [] : [`→ ${advice}`])];
  const begin = `${name.padEnd(11)} ${state.padEnd(12)}`;
  return [begin + first!, ...more.map((line) => " ".repeat(begin.length) + line)].join("\n");
}

async function migrate(deps: CommandDeps): Promise<CommandResult> {
  const settings = databaseToKeep();
  const { databaseUrl: url, databaseUse } = settings;
  const { entities, migrations } = deps.features;
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
