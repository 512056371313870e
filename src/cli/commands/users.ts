import { InvalidArgumentError, Option, type Command } from "commander";

import { isId } from "../../kit/id.js";
import type { PasswordOptions } from "../ask.js";
import type { CommandDeps, Confirmed, MakeAction } from "../command.js";
import type { CreateOptions, ListOptions } from "../users.js";

const mostListed = 10_000;

const yes = () => new Option("--yes", "doesn't ask for confirmation");
const generate = () => new Option("--generate", "generates a password, and prints it once").conflicts("passwordStdin");
const passwordStdin = () => new Option("--password-stdin", "reads the password from standard input");

const load = () => import("../users.js");

/** Adds the commands for accounts. Their code is loaded only when they run. */
export function addUsers(program: Command, deps: CommandDeps, action: MakeAction): void {
  const users = program.command("users").description("user accounts");
  users
    .command("list")
    .description("lists users in the order of their creation")
    .option("--limit <number>", "how many at most", wholeUpTo(mostListed), 100)
    .option("--after <id>", "those after the user with this id", userId)
    .option("--disabled", "only disabled users")
    .action(action(async (options: ListOptions) => (await load()).listUsers(deps, options)));

  users
    .command("create <email>")
    .description("creates an account")
    .requiredOption("--name <name>", "the name that others see")
    .addOption(generate())
    .addOption(passwordStdin())
    .action(action(async (email: string, options: CreateOptions) => (await load()).createUser(deps, email, options)));

  users
    .command("disable <user>")
    .description("ends all sessions of a user, who can't sign in again; posts stay")
    .addOption(yes())
    .action(action(async (user: string, options: Confirmed) => (await load()).disableUser(deps, user, options)));

  users
    .command("enable <user>")
    .description("lets a disabled user sign in again")
    .addOption(yes().hideHelp())
    .action(action(async (user: string) => (await load()).enableUser(deps, user)));

  users
    .command("delete <user>")
    .description("deletes a user with all posts, votes and sessions")
    .addOption(yes())
    .action(action(async (user: string, options: Confirmed) => (await load()).removeUser(deps, user, options)));

  users
    .command("reset-password <user>")
    .description("replaces the password, and ends all sessions")
    .addOption(generate())
    .addOption(passwordStdin())
    .addOption(yes())
    .action(
      action(async (user: string, options: PasswordOptions & Confirmed) =>
        (await load()).replacePassword(deps, user, options),
      ),
    );
}

/** Returns the user's id in an option. The user may have been deleted since. */
function userId(text: string): string {
  if (isId("user", text)) return text;
  throw new InvalidArgumentError("It must be the id of a user, such as the last one of a list.");
}

/** Returns the parser of an option that is a whole number. */
export const wholeUpTo =
  (most: number) =>
  (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most.toLocaleString("en")}.`);
  };
