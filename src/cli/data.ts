import { openDatabase, type Database } from "../database/database.js";
import { withoutPassword } from "../database/database-error.js";
import { migrationState } from "../database/migration-state.js";
import { demonstrationAccount } from "../features/account/demo-account.js";
import { hashPassword } from "../features/account/password.js";
import { configFromEnvironment, databaseFromEnvironment } from "../foundation/config/environment.js";
import { databaseUrl } from "../foundation/config/setting-rules.js";
import type { Features } from "../graphql/schema.js";
import { exitCodes, CommandError, type CommandResult, type CommandDeps } from "./command.js";
import { reading, requireFile } from "./open.js";

/** Fewer posts take less time than reading the progress. */
const worthABar = 10_000;

/** Copies the SQLite database to a file. */
export async function backup(to: string): Promise<CommandResult> {
  const { backUp } = await import("./backup.js");
  const { from, bytes } = await backUp(databaseFromEnvironment().databaseUrl, to);
  return { json: { from, to, bytes }, text: `Copied ${from} to ${to}: ${bytes.toLocaleString("en")} bytes` };
}

/** Opens a database without time limits, migrates it, and closes it in the end. */
async function onWhole<Result>(
  { entities, migrations }: Features,
  url: string,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const { withoutTimeLimits } = await import("./bulk/load.js");
  const database = await openDatabase(withoutTimeLimits(url), entities, { migrations });
  try {
    return await work(database);
  } finally {
    await database.close(true);
  }
}

/** Copies all data of a database into an empty one. */
export async function copy(deps: CommandDeps, from: string, to: string): Promise<CommandResult> {
  const { streams } = deps;
  for (const [name, url] of Object.entries({ from, to })) {
    const { error } = databaseUrl.safeParse(url);
    if (error !== undefined)
      throw new CommandError(`--${name} ${error.issues[0]!.message}`, "USAGE", exitCodes.misused);
  }
  requireFile(from);
  if (from === to) throw new CommandError("--from and --to name the same database", "USAGE", exitCodes.misused);
  const [{ copyDatabase }, { progressOn }] = [await import("./bulk/copy.js"), await import("./bulk/progress.js")];
  const features = await deps.loadFeatures();
  const rows = await onWhole(features, from, async (source) => {
    // Tables of an application would be left out without a word.
    await reading({ databaseUrl: from, databaseUse: source.use }, deps, async (reader, { engine }) => {
      const { unknownAdded } = await migrationState(engine, reader, features.migrations);
      if (unknownAdded.length > 0)
        throw new CommandError(
          `The database has tables of an application (${unknownAdded.join(", ")}): use its own copy command (docs/administration.md)`,
        );
    });
    return onWhole(features, to, (target) =>
      copyDatabase(source, target, features.entities, progressOn(streams.stderr)),
    );
  });
  const counts = Object.entries(rows).map(([table, copied]) => `${count(copied)} ${table}`);
  const [source, target] = [withoutPassword(from), withoutPassword(to)];
  return { json: { from: source, to: target, rows }, text: `Copied ${counts.join(", ")} from ${source} to ${target}` };
}

const count = (number: number) => number.toLocaleString("en");

/** Fills a database with the demonstration's users and posts. */
export async function seed(deps: CommandDeps, postCount: number, force: boolean): Promise<CommandResult> {
  const { config, warnings } = configFromEnvironment();
  for (const warning of warnings) deps.streams.stderr.write(`${warning}\n`);
  if (config.production) throw new CommandError("NODE_ENV is production: everybody knows the demonstration's password");
  const [{ demonstration }, { fill }] = [await import("./seed/demonstration.js"), await import("./seed/fill.js")];
  const { progressOn } = await import("./bulk/progress.js");

  const { password } = demonstrationAccount;
  const passwordHash = await hashPassword(password, deps.passwordCost);
  const demo = demonstration(deps.clock(), postCount);
  const report = postCount < worthABar ? () => {} : progressOn(deps.streams.stderr);
  const made = await onWhole(await deps.loadFeatures(), config.databaseUrl, (database) =>
    fill(database, { demonstration: demo, passwordHash, force, report }),
  );
  const database = withoutPassword(config.databaseUrl);
  const { email } = demo.users[0]!;
  return {
    json: { database, ...made, signIn: { email, password } },
    text:
      `Made ${count(made.users)} users, ${count(made.posts)} posts (${count(made.drafts)} drafts, ` +
      `${count(made.scheduled)} scheduled) and ${count(made.votes)} votes in ${database}\n` +
      `Start the server, and sign in as ${email}, or any other of them, with the password: ${password}`,
  };
}
