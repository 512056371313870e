import type { Command } from "commander";

import { demonstrationAccount } from "../../features/account/demonstration.js";
import { hashPassword } from "../../features/account/password.js";
import { configOfEnvironment, databaseOfEnvironment } from "../../foundation/config/environment.js";
import { databaseUrl } from "../../foundation/config/setting-rules.js";
import { openDatabase, withoutPassword, type Database } from "../../database/database.js";
import { migrationState } from "../../database/migration-state.js";
import { exitCodes, Refusal, type Does, type Outcome, type Surroundings } from "../command.js";
import { reading, requireFile } from "../open.js";
import { wholeUpTo } from "./users.js";

const mostPosts = 10_000_000;
/** Fewer are there before anybody could read how far they are. */
const worthABar = 10_000;

/** What makes, moves and keeps whole databases. What they need beside the rest is loaded when they are asked for. */
export function addData(program: Command, around: Surroundings, does: Does): void {
  program
    .command("backup <file>")
    .description("copies the SQLite database to a file while servers use it")
    .action(
      does(async (to: string) => {
        const { backUp } = await import("../backup.js");
        const { from, bytes } = await backUp(databaseOfEnvironment().databaseUrl, to);
        return { json: { from, to, bytes }, text: `Copied ${from} to ${to}: ${bytes.toLocaleString("en")} bytes` };
      }),
    );

  program
    .command("copy")
    .description("copies all data into an empty database, from SQLite to PostgreSQL or back")
    .requiredOption("--from <url>", "the database to copy, as DATABASE_URL has it")
    .requiredOption("--to <url>", "the empty one")
    .action(does(async ({ from, to }: { from: string; to: string }) => copy(around, from, to)));

  program
    .command("seed")
    .description("fills an empty database with people and posts to look at")
    .option("--posts <number>", "how many posts", wholeUpTo(mostPosts), 240)
    .option("--force", "puts them beside what is there")
    .action(does(async ({ posts, force }: { posts: number; force?: boolean }) => seed(around, posts, force === true)));
}

/** Opens a database for much work, brings it up to date, and closes it in the end. */
async function onWhole<Result>(
  { features }: Surroundings,
  url: string,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const { withoutTimeLimits } = await import("../bulk/load.js");
  const database = await openDatabase(withoutTimeLimits(url), features.entities, undefined, features.migrations);
  try {
    return await work(database);
  } finally {
    await database.close(true);
  }
}

async function copy(around: Surroundings, from: string, to: string): Promise<Outcome> {
  const { features, streams } = around;
  for (const [name, url] of Object.entries({ from, to })) {
    const { error } = databaseUrl.safeParse(url);
    if (error !== undefined) throw new Refusal(`--${name} ${error.issues[0]!.message}`, "USAGE", exitCodes.misused);
  }
  requireFile(from);
  if (from === to) throw new Refusal("--from and --to name the same database", "USAGE", exitCodes.misused);
  const [{ copyDatabase }, { progressOn }] = [await import("../bulk/copy.js"), await import("../bulk/progress.js")];
  const rows = await onWhole(around, from, async (source) => {
    // Tables that nobody here knows would be left behind unseen.
    await reading({ databaseUrl: from, databaseUse: source.use }, around, async (reader, { engine }) => {
      const { unknownAdded } = await migrationState(engine, reader, features.migrations);
      if (unknownAdded.length > 0)
        throw new Refusal(
          `The database has tables of an application (${unknownAdded.join(", ")}): use the copy command of its own, which docs/administration.md tells of`,
        );
    });
    return onWhole(around, to, (target) => copyDatabase(source, target, features.entities, progressOn(streams.stderr)));
  });
  const counts = Object.entries(rows).map(([table, copied]) => `${count(copied)} ${table}`);
  const [source, target] = [withoutPassword(from), withoutPassword(to)];
  return { json: { from: source, to: target, rows }, text: `Copied ${counts.join(", ")} from ${source} to ${target}` };
}

const count = (number: number) => number.toLocaleString("en");

async function seed(around: Surroundings, postCount: number, force: boolean): Promise<Outcome> {
  const { config, warnings } = configOfEnvironment();
  for (const warning of warnings) around.streams.stderr.write(`${warning}\n`);
  if (config.production) throw new Refusal("NODE_ENV is production: everybody knows the demonstration's password");
  const [{ demonstration }, { fill }] = [await import("../seed/demonstration.js"), await import("../seed/fill.js")];
  const { progressOn } = await import("../bulk/progress.js");

  const { password } = demonstrationAccount;
  const passwordHash = await hashPassword(password, around.passwordCost);
  const demo = demonstration(around.clock(), postCount);
  const report = postCount < worthABar ? () => {} : progressOn(around.streams.stderr);
  const made = await onWhole(around, config.databaseUrl, (database) =>
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
