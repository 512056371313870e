import { InvalidArgumentError, Option, type Command } from "commander";

import { registerRules } from "../../features/account/account.input.js";
import {
  createAccount,
  deleteUser,
  resetPassword,
  setDisabled,
} from "../../features/account/administration.service.js";
import { isId } from "../../kit/id.js";
import type { Ended } from "../../features/session/session.service.js";
import { findAccount, listAccounts, type Account } from "../../features/user/user.reads.js";
import { noSuchUser } from "../../features/user/user.service.js";
import { checkArguments } from "../../kit/validation.js";
import { confirm, newPassword, type PasswordOptions } from "../ask.js";
import { endedActs, type CommandDeps, type CommandResult, type MakeAction } from "../command.js";
import { onDatabase, type DatabaseAccess } from "../open.js";
import { columns, counted, printable } from "../text.js";

type Confirmed = { readonly yes?: boolean };

const mostListed = 10_000;
const everyUser = "";

const yes = () => new Option("--yes", "doesn't ask for confirmation");
const generate = () => new Option("--generate", "generates a password, and prints it once").conflicts("passwordStdin");
const passwordStdin = () => new Option("--password-stdin", "reads the password from standard input");

/**
 * Finds an account by id or email.
 *
 * @throws KnownError `NOT_FOUND`.
 */
export async function requireAccount({ reader }: DatabaseAccess, idOrEmail: string): Promise<Account> {
  const account = await findAccount(reader, idOrEmail);
  if (account === undefined) throw noSuchUser();
  return account;
}

/** Returns a user's name, email and id for a sentence. */
export const called = ({ name, email, id }: Account): string => `${printable(name)} <${printable(email)}>, ${id}`;

export function addUsers(program: Command, deps: CommandDeps, action: MakeAction): void {
  const users = program.command("users").description("user accounts");
  addList(users, deps, action);
  addCreate(users, deps, action);
  addDisable(users, deps, action);
  addEnable(users, deps, action);
  addDelete(users, deps, action);
  addResetPassword(users, deps, action);
}

function addList(users: Command, deps: CommandDeps, action: MakeAction): void {
  users
    .command("list")
    .description("lists users in the order of their creation")
    .option("--limit <number>", "how many at most", wholeUpTo(mostListed), 100)
    .option("--after <id>", "those after the user with this id", userId)
    .option("--disabled", "only disabled users")
    .action(
      action(async ({ limit, after = everyUser, disabled }: { limit: number; after?: string; disabled?: boolean }) =>
        onDatabase(deps, async ({ reader }) => {
          const found = await listAccounts(reader, { after, most: limit + 1, disabledOnly: disabled === true });
          const page = found.slice(0, limit);
          const next = found.length > limit ? page.at(-1)!.id : null;
          return {
            json: { users: page, next },
            text:
              page.length === 0
                ? "There are none."
                : columns([["ID", "EMAIL", "NAME", "SINCE", ""], ...page.map(rowOf)]),
            hint: next === null ? undefined : `There are more: --after ${next}`,
          };
        }),
      ),
    );
}

function addCreate(users: Command, deps: CommandDeps, action: MakeAction): void {
  users
    .command("create <email>")
    .description("creates an account")
    .requiredOption("--name <name>", "the name that others see")
    .addOption(generate())
    .addOption(passwordStdin())
    .action(
      action(async (email: string, options: PasswordOptions & { name: string }) => {
        const { password, isNew } = await newPassword(deps.streams, options);
        const { input } = checkArguments(registerRules, { input: { email, name: options.name, password } });
        return onDatabase(deps, async (access) => {
          const user = await requireAccount(access, await createAccount(access, input));
          const acts = [{ event: "account created", userId: user.id }];
          return { ...withPassword({ user }, `Created ${called(user)}`, password, isNew), acts };
        });
      }),
    );
}

function addDisable(users: Command, deps: CommandDeps, action: MakeAction): void {
  users
    .command("disable <user>")
    .description("ends all sessions of a user, who can't sign in again; posts stay")
    .addOption(yes())
    .action(
      action(async (idOrEmail: string, options: Confirmed) =>
        onDatabase(deps, async (access) => {
          const before = await requireAccount(access, idOrEmail);
          await confirm(deps.streams, `End all sessions of ${called(before)}?`, options.yes);
          const ended = await setDisabled(access, before.id, true);
          const user = await requireAccount(access, before.id);
          return ofUser(user, { user, endedSessions: ended.count }, "Disabled", ended, "account disabled");
        }),
      ),
    );
}

function addEnable(users: Command, deps: CommandDeps, action: MakeAction): void {
  users
    .command("enable <user>")
    .description("lets a disabled user sign in again")
    .addOption(yes().hideHelp())
    .action(
      action(async (idOrEmail: string) =>
        onDatabase(deps, async (access) => {
          const before = await requireAccount(access, idOrEmail);
          const ended = await setDisabled(access, before.id, false);
          const user = await requireAccount(access, before.id);
          return ofUser(user, { user, endedSessions: ended.count }, "Enabled", ended, "account enabled");
        }),
      ),
    );
}

function addDelete(users: Command, deps: CommandDeps, action: MakeAction): void {
  users
    .command("delete <user>")
    .description("deletes a user with all posts, votes and sessions")
    .addOption(yes())
    .action(
      action(async (idOrEmail: string, options: Confirmed) =>
        onDatabase(deps, async (access) => {
          const user = await requireAccount(access, idOrEmail);
          await confirm(deps.streams, `Delete ${called(user)}, with all posts and votes?`, options.yes);
          const ended = await deleteUser(access, user.id);
          const json = { deletedUserId: user.id, endedSessions: ended.count };
          return ofUser(user, json, "Deleted", ended, "account deleted");
        }),
      ),
    );
}

function addResetPassword(users: Command, deps: CommandDeps, action: MakeAction): void {
  users
    .command("reset-password <user>")
    .description("replaces the password, and ends all sessions")
    .addOption(generate())
    .addOption(passwordStdin())
    .addOption(yes())
    .action(
      action(async (idOrEmail: string, options: PasswordOptions & Confirmed) =>
        onDatabase(deps, async (access) => {
          const user = await requireAccount(access, idOrEmail);
          await confirm(deps.streams, `Replace the password of ${called(user)}, and end all sessions?`, options.yes);
          const { password, isNew } = await newPassword(deps.streams, options);
          const ended = await resetPassword(access, user.id, password);
          const text = `Replaced the password of ${called(user)}; ended ${counted(ended.count, "session")}`;
          const acts = [{ event: "password reset", userId: user.id }, ...endedActs(user.id, ended, "password reset")];
          return { ...withPassword({ user, endedSessions: ended.count }, text, password, isNew), acts };
        }),
      ),
    );
}

/** Returns the result of a change of a user, which may have ended sessions. */
const ofUser = (user: Account, json: object, did: string, ended: Ended, event: string): CommandResult => ({
  json,
  acts: [{ event, userId: user.id }, ...endedActs(user.id, ended, event)],
  text: `${did} ${called(user)}; ended ${counted(ended.count, "session")}`,
});

/** Adds the password to a result if it is new: nobody knows it yet. */
const withPassword = (json: object, text: string, password: string, isNew: boolean) => ({
  json: isNew ? { ...json, password } : json,
  text: isNew ? `${text}\nPassword: ${password}` : text,
});

const rowOf = ({ id, email, name, createdAt, disabledAt }: Account): string[] => [
  id,
  email,
  name,
  createdAt.toISOString(),
  disabledAt === null ? "" : `disabled ${disabledAt.toISOString()}`,
];

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
