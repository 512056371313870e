import { KnownError } from "../foundation/errors.js";
import { pruneAll } from "../features/session/prune-sessions.js";
import { ownerOf, readSessions } from "../features/session/session.reads.js";
import { endEverySession, endSessions } from "../features/session/session.service.js";
import { requireUser } from "../features/user/user.service.js";
import { confirm } from "./ask.js";
import { endedActs, exitCodes, CommandError, type CommandResult, type CommandDeps, type Confirmed } from "./command.js";
import { onDatabase } from "./open.js";
import { columns, counted } from "./text.js";
import { called, requireAccount } from "./users.js";

export type EndOptions = Confirmed & { readonly user?: string; readonly all?: boolean };

// A user has fewer, except for sessions that an earlier release opened.
const mostListed = 1000;

/** Lists a user's live sessions, the newest first. */
export const listSessions = (deps: CommandDeps, idOrEmail: string): Promise<CommandResult> =>
  onDatabase(deps, async (access) => {
    const user = await requireAccount(access, idOrEmail);
    const found = await readSessions(access.reader, user.id, access.now, mostListed);
    const live = found.map(({ id, createdAt, lastUsedAt, expiresAt, userAgent }) => ({
      id,
      createdAt,
      lastUsedAt,
      expiresAt,
      userAgent,
    }));
    const head = ["ID", "OPENED", "LAST USED", "ENDS", "CLIENT"];
    const rows = live.map((one) => [
      one.id,
      ...[one.createdAt, one.lastUsedAt, one.expiresAt].map((instant) => instant.toISOString()),
      one.userAgent ?? "",
    ]);
    return {
      json: { user, sessions: live },
      text: live.length === 0 ? `There are none of ${called(user)}.` : columns([head, ...rows]),
    };
  });

/** Ends one session, all of a user, or all there are. */
export async function end(
  deps: CommandDeps,
  id: string | undefined,
  { user, all, yes }: EndOptions,
): Promise<CommandResult> {
  if ([id, user, all].filter((which) => which !== undefined).length !== 1)
    throw new CommandError("Name a session by its id, a user with --user, or --all", "USAGE", exitCodes.misused);
  return all === true ? endAll(deps, yes) : endSome(deps, { id, user }, yes);
}

const endAll = (deps: CommandDeps, yes: boolean | undefined): Promise<CommandResult> =>
  onDatabase(deps, async ({ transaction, now }) => {
    await confirm(deps.streams, "End every session of every user?", yes);
    const count = await endEverySession(transaction, now);
    const acts = [{ event: "session ended", count, cause: "administration" }];
    return { json: { endedCount: count }, acts, text: `Ended ${counted(count, "session")}` };
  });

const noSuchSession = () => new KnownError("NOT_FOUND", "There is no such session, or it is over");

const endSome = (
  deps: CommandDeps,
  { id, user }: { readonly id: string | undefined; readonly user: string | undefined },
  yes: boolean | undefined,
): Promise<CommandResult> =>
  onDatabase(deps, async (access) => {
    const owner = id === undefined ? user : await ownerOf(access.reader, id);
    if (owner === undefined) throw noSuchSession();
    const account = await requireAccount(access, owner);
    const which = id === undefined ? "all sessions" : `session ${id}`;
    await confirm(deps.streams, `End ${which} of ${called(account)}?`, yes);
    const ended = await access.transaction(async (em) => {
      await requireUser(em, account.id);
      return endSessions(em, account.id, id === undefined ? "all" : { only: id }, access.now);
    });
    if (id !== undefined && ended.count === 0) throw noSuchSession();
    return {
      json: { user: account, endedSessions: ended.ids, endedCount: ended.count },
      acts: endedActs(account.id, ended, "administration"),
      text: `Ended ${counted(ended.count, "session")}`,
    };
  });

/** Deletes the rows of sessions that are long over. */
export const prune = (deps: CommandDeps): Promise<CommandResult> =>
  onDatabase(deps, async ({ transaction, now }) => {
    const pruned = await pruneAll(transaction, now);
    const { sessions: ended, refreshTokens } = pruned;
    return {
      json: pruned,
      acts: [{ event: "sessions pruned", count: ended, refreshTokens }],
      text: `Deleted ${counted(ended, "session")} and ${counted(refreshTokens, "refresh token")}`,
    };
  });
