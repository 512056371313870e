import { Option, type Command } from "commander";

import type { CommandDeps, MakeAction } from "../command.js";

/** The templates of `postern init`: a server, or one with a page for browsers. */
export const templates = ["server", "web"] as const;
export type Template = (typeof templates)[number];

/** Adds the commands that prepare and check a server. Their code is loaded only when they run. */
export function addUpkeep(program: Command, deps: CommandDeps, action: MakeAction): void {
  program
    .command("init <folder>")
    .description("makes a project with a feature of its own, its tests and settings, in a folder that is new or empty")
    .addOption(
      new Option("--template <name>", "server, or web for a React page too").choices(templates).default("server"),
    )
    .action(
      action(async (folder: string, { template }: { template: Template }) =>
        (await import("../init.js")).makeProject(folder, template),
      ),
    );

  program
    .command("doctor")
    .description(
      "checks settings, keys, database, migrations, history, clock and disk, and says what to do; changes nothing",
    )
    .action(action(async () => (await import("../doctor.js")).report(deps)));

  program
    .command("migrate")
    .description("creates or migrates the tables, like a start of the server")
    .action(action(async () => (await import("../migrate.js")).migrate(deps)));

  program
    .command("schema")
    .description("prints the GraphQL schema, with an application's features")
    .option("--out <file>", "writes it to this file instead")
    .action(action(async ({ out }: { out?: string }) => (await import("../schema.js")).printSchema(deps, out)));

  program
    .command("keys")
    .description("lists the keys that sign and verify tokens")
    .action(action(async () => (await import("../keys.js")).listKeys()));

  program
    .command("secret")
    .description("prints a new signing secret")
    .option("--es256", "prints a key pair instead, as PEM")
    .action(
      action(async ({ es256 }: { es256?: boolean }) => (await import("../secret.js")).makeSecret(es256 === true)),
    );
}
