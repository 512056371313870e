import { registerRules } from "../features/account/account.input.js";
import { createAccount, deleteUser, resetPassword, setDisabled } from "../features/account/administration.service.js";
import type { Ended } from "../features/session/session.service.js";
import { findAccount, listAccounts, type Account } from "../features/user/user.reads.js";
import { noSuchUser } from "../features/user/user.service.js";
import { checkArguments } from "../kit/validation.js";
import { confirm, newPassword, type PasswordOptions } from "./ask.js";
import { endedActs, type CommandDeps, type CommandResult, type Confirmed } from "./command.js";
import { onDatabase, type DatabaseAccess } from "./open.js";
import { columns, counted, printable } from "./text.js";

export type ListOptions = { readonly limit: number; readonly after?: string; readonly disabled?: boolean };
export type CreateOptions = PasswordOptions & { readonly name: string };

const everyUser = "";

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

/** Lists users in the order of their creation. */
export const listUsers = (
  deps: CommandDeps,
  { limit, after = everyUser, disabled }: ListOptions,
): Promise<CommandResult> =>
  onDatabase(deps, async ({ reader }) => {
    const found = await listAccounts(reader, { after, most: limit + 1, disabledOnly: disabled === true });
    const page = found.slice(0, limit);
    const next = found.length > limit ? page.at(-1)!.id : null;
    return {
      json: { users: page, next },
      text: page.length === 0 ? "There are none." : columns([["ID", "EMAIL", "NAME", "SINCE", ""], ...page.map(rowOf)]),
      hint: next === null ? undefined : `There are more: --after ${next}`,
    };
  });

/** Creates an account. */
export async function createUser(deps: CommandDeps, email: string, options: CreateOptions): Promise<CommandResult> {
  const { password, isNew } = await newPassword(deps.streams, options);
  const { input } = checkArguments(registerRules, { input: { email, name: options.name, password } });
  return onDatabase(deps, async (access) => {
    const user = await requireAccount(access, await createAccount(access, input));
    const acts = [{ event: "account created", userId: user.id }];
    return { ...withPassword({ user }, `Created ${called(user)}`, password, isNew), acts };
  });
}

/** Ends all sessions of a user, who can't sign in again. */
export const disableUser = (deps: CommandDeps, idOrEmail: string, options: Confirmed): Promise<CommandResult> =>
  onDatabase(deps, async (access) => {
    const before = await requireAccount(access, idOrEmail);
    await confirm(deps.streams, `End all sessions of ${called(before)}?`, options.yes);
    const ended = await setDisabled(access, before.id, true);
    const user = await requireAccount(access, before.id);
    return ofUser(user, { user, endedSessions: ended.count }, "Disabled", ended, "account disabled");
  });

/** Lets a disabled user sign in again. */
export const enableUser = (deps: CommandDeps, idOrEmail: string): Promise<CommandResult> =>
  onDatabase(deps, async (access) => {
    const before = await requireAccount(access, idOrEmail);
    const ended = await setDisabled(access, before.id, false);
    const user = await requireAccount(access, before.id);
    return ofUser(user, { user, endedSessions: ended.count }, "Enabled", ended, "account enabled");
  });

/** Deletes a user with all posts, votes and sessions. */
export const removeUser = (deps: CommandDeps, idOrEmail: string, options: Confirmed): Promise<CommandResult> =>
  onDatabase(deps, async (access) => {
    const user = await requireAccount(access, idOrEmail);
    await confirm(deps.streams, `Delete ${called(user)}, with all posts and votes?`, options.yes);
    const ended = await deleteUser(access, user.id);
    const json = { deletedUserId: user.id, endedSessions: ended.count };
    return ofUser(user, json, "Deleted", ended, "account deleted");
  });

/** Replaces a user's password, and ends all sessions. */
export const replacePassword = (
  deps: CommandDeps,
  idOrEmail: string,
  options: PasswordOptions & Confirmed,
): Promise<CommandResult> =>
  onDatabase(deps, async (access) => {
    const user = await requireAccount(access, idOrEmail);
    await confirm(deps.streams, `Replace the password of ${called(user)}, and end all sessions?`, options.yes);
    const { password, isNew } = await newPassword(deps.streams, options);
    const ended = await resetPassword(access, user.id, password);
    const text = `Replaced the password of ${called(user)}; ended ${counted(ended.count, "session")}`;
    const acts = [{ event: "password reset", userId: user.id }, ...endedActs(user.id, ended, "password reset")];
    return { ...withPassword({ user, endedSessions: ended.count }, text, password, isNew), acts };
  });

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
