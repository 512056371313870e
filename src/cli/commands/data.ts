import type { Command } from "commander";

import type { CommandDeps, MakeAction } from "../command.js";
import { wholeUpTo } from "./users.js";

const mostPosts = 10_000_000;

const load = () => import("../data.js");

/** Adds the commands for whole databases. Their code is loaded only when they run. */
export function addData(program: Command, deps: CommandDeps, action: MakeAction): void {
  program
    .command("backup <file>")
    .description("copies the SQLite database to a file while servers use it")
    .action(action(async (to: string) => (await load()).backup(to)));

  program
    .command("copy")
    .description("copies all data into an empty database, from SQLite to PostgreSQL or back")
    .requiredOption("--from <url>", "the database to copy, in the form of DATABASE_URL")
    .requiredOption("--to <url>", "the empty database")
    .action(action(async ({ from, to }: { from: string; to: string }) => (await load()).copy(deps, from, to)));

  program
    .command("seed")
    .description("fills an empty database with people and posts to look at")
    .option("--posts <number>", "how many posts", wholeUpTo(mostPosts), 240)
    .option("--force", "adds to a database that isn't empty")
    .action(
      action(async ({ posts, force }: { posts: number; force?: boolean }) =>
        (await load()).seed(deps, posts, force === true),
      ),
    );
}
