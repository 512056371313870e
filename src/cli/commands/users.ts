import { InvalidArgumentError, Option, type Command } from "commander";

import { registerRules } from "../../features/account/account.input.js";
import {
  createAccount,
  deleteUser,
  resetPassword,
  setDisabled,
} from "../../features/account/administration.service.js";
import { isId } from "../../kit/id.js";
import { findAccount, listAccounts, type Account } from "../../features/user/user.reads.js";
import { noSuchUser } from "../../features/user/user.service.js";
import { checkArguments } from "../../kit/validation.js";
import { confirm, newPassword, type PasswordOptions } from "../ask.js";
import { endedActs, type Does, type Surroundings } from "../command.js";
import { onDatabase, type Access } from "../open.js";
import { columns, counted, printable } from "../text.js";

type Confirmed = { readonly yes?: boolean };

const mostListed = 10_000;
const everyUser = "";

const yes = () => new Option("--yes", "doesn't ask");
const generate = () => new Option("--generate", "makes a password up, and prints it once").conflicts("passwordStdin");
const passwordStdin = () => new Option("--password-stdin", "reads the password from standard input");

/** Somebody, by id or email. */
export async function requireAccount({ reader }: Access, idOrEmail: string): Promise<Account> {
  const account = await findAccount(reader, idOrEmail);
  if (account === undefined) throw noSuchUser();
  return account;
}

/** Somebody, as a sentence names them. */
export const called = ({ name, email, id }: Account): string => `${printable(name)} <${printable(email)}>, ${id}`;

export function addUsers(program: Command, around: Surroundings, does: Does): void {
  const { streams } = around;
  const users = program.command("users").description("who has an account");

  users
    .command("list")
    .description("lists them in the order in which they came")
    .option("--limit <number>", "how many at most", wholeUpTo(mostListed), 100)
    .option("--after <id>", "those after the user with this id", userId)
    .option("--disabled", "only those who are disabled")
    .action(
      does(async ({ limit, after = everyUser, disabled }: { limit: number; after?: string; disabled?: boolean }) =>
        onDatabase(around, async ({ reader }) => {
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

  users
    .command("create <email>")
    .description("creates an account")
    .requiredOption("--name <name>", "the name that others see")
    .addOption(generate())
    .addOption(passwordStdin())
    .action(
      does(async (email: string, options: PasswordOptions & { name: string }) => {
        const { password, isNew } = await newPassword(streams, options);
        const { input } = checkArguments(registerRules, { input: { email, name: options.name, password } });
        return onDatabase(around, async (access) => {
          const user = await requireAccount(access, await createAccount(access, input));
          const acts = [{ event: "account created", userId: user.id }];
          return { ...withPassword({ user }, `Created ${called(user)}`, password, isNew), acts };
        });
      }),
    );

  for (const disabled of [true, false])
    users
      .command(disabled ? "disable <user>" : "enable <user>")
      .description(
        disabled
          ? "ends all sessions of a user, who can't sign in again; posts stay"
          : "lets a disabled user sign in again",
      )
      .addOption(disabled ? yes() : yes().hideHelp())
      .action(
        does(async (idOrEmail: string, options: Confirmed) =>
          onDatabase(around, async (access) => {
            const before = await requireAccount(access, idOrEmail);
            if (disabled) await confirm(streams, `End all sessions of ${called(before)}?`, options.yes);
            const ended = await setDisabled(access, before.id, disabled);
            const user = await requireAccount(access, before.id);
            const did = disabled ? "Disabled" : "Enabled";
            return {
              json: { user, endedSessions: ended.count },
              acts: [
                { event: disabled ? "account disabled" : "account enabled", userId: user.id },
                ...endedActs(user.id, ended, disabled ? "account disabled" : "account enabled"),
              ],
              text: `${did} ${called(user)}; ended ${counted(ended.count, "session")}`,
            };
          }),
        ),
      );

  users
    .command("delete <user>")
    .description("deletes a user with all posts, votes and sessions")
    .addOption(yes())
    .action(
      does(async (idOrEmail: string, options: Confirmed) =>
        onDatabase(around, async (access) => {
          const user = await requireAccount(access, idOrEmail);
          await confirm(streams, `Delete ${called(user)}, with all posts and votes?`, options.yes);
          const ended = await deleteUser(access, user.id);
          return {
            json: { deletedUserId: user.id, endedSessions: ended.count },
            acts: [{ event: "account deleted", userId: user.id }, ...endedActs(user.id, ended, "account deleted")],
            text: `Deleted ${called(user)}; ended ${counted(ended.count, "session")}`,
          };
        }),
      ),
    );

  users
    .command("reset-password <user>")
    .description("sets a password in place of the old one, and ends all sessions")
    .addOption(generate())
    .addOption(passwordStdin())
    .addOption(yes())
    .action(
      does(async (idOrEmail: string, options: PasswordOptions & Confirmed) =>
        onDatabase(around, async (access) => {
          const user = await requireAccount(access, idOrEmail);
          await confirm(streams, `Replace the password of ${called(user)}, and end all sessions?`, options.yes);
          const { password, isNew } = await newPassword(streams, options);
          const ended = await resetPassword(access, user.id, password);
          const did = `The password of ${called(user)} is a new one; ended ${counted(ended.count, "session")}`;
          const acts = [{ event: "password reset", userId: user.id }, ...endedActs(user.id, ended, "password reset")];
          return { ...withPassword({ user, endedSessions: ended.count }, did, password, isNew), acts };
        }),
      ),
    );
}

/** A password is told where nobody knows it yet, and nowhere else. */
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

/** A user's id in an option. The user may have been deleted since. */
function userId(text: string): string {
  if (isId("user", text)) return text;
  throw new InvalidArgumentError("It must be the id of a user, such as the list before ended with.");
}

/** A whole number of an option. */
export const wholeUpTo =
  (most: number) =>
  (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most.toLocaleString("en")}.`);
  };
