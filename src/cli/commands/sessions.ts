import { Option, type Command } from "commander";

import { KnownError } from "../../foundation/errors.js";
import { pruneAll } from "../../features/session/prune.js";
import { ownerOf, readSessions } from "../../features/session/session.reads.js";
import { endEverySession, endSessions } from "../../features/session/session.service.js";
import { requireUser } from "../../features/user/user.service.js";
import { confirm } from "../ask.js";
import { endedActs, exitCodes, Refusal, type Does, type Outcome, type Surroundings } from "../command.js";
import { onDatabase } from "../open.js";
import { columns, counted } from "../text.js";
import { called, requireAccount } from "./users.js";

const endAll = (around: Surroundings, yes: boolean | undefined): Promise<Outcome> =>
  onDatabase(around, async ({ transaction, now }) => {
    await confirm(around.streams, "End every session of every user?", yes);
    const count = await endEverySession(transaction, now);
    const acts = [{ event: "session ended", count, cause: "administration" }];
    return { json: { endedCount: count }, acts, text: `Ended ${counted(count, "session")}` };
  });

const noSuchSession = () => new KnownError("NOT_FOUND", "There is no such session, or it is over");

// A user has no more of them, unless an earlier release let them be opened.
const mostListed = 1000;

export function addSessions(program: Command, around: Surroundings, does: Does): void {
  const sessions = program.command("sessions").description("who is signed in");

  sessions
    .command("list <user>")
    .description("lists a user's live sessions, the newest first")
    .action(
      does(async (idOrEmail: string) =>
        onDatabase(around, async (access) => {
          const user = await requireAccount(access, idOrEmail);
          const live = (await readSessions(access.reader, user.id, access.now, mostListed)).map(
            ({ id, createdAt, lastUsedAt, expiresAt, userAgent }) => ({
              id,
              createdAt,
              lastUsedAt,
              expiresAt,
              userAgent,
            }),
          );
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
        }),
      ),
    );

  sessions
    .command("end [id]")
    .description("ends one session, all of a user's, or all there are")
    .option("--user <user>", "the user whose sessions all end")
    .option("--all", "ends every session of every user, as after restoring a backup")
    .addOption(new Option("--yes", "doesn't ask"))
    .action(
      does(async (id: string | undefined, { user, all, yes }: { user?: string; all?: boolean; yes?: boolean }) => {
        if ([id, user, all].filter((which) => which !== undefined).length !== 1)
          throw new Refusal("Name a session by its id, a user with --user, or --all", "USAGE", exitCodes.misused);
        if (all === true) return endAll(around, yes);
        return onDatabase(around, async (access) => {
          const owner = id === undefined ? user : await ownerOf(access.reader, id);
          if (owner === undefined) throw noSuchSession();
          const account = await requireAccount(access, owner);
          const which = id === undefined ? "all sessions" : `session ${id}`;
          await confirm(around.streams, `End ${which} of ${called(account)}?`, yes);
          const ended = await access.transaction(async (em) => {
            await requireUser(em, account.id);
            return endSessions(em, account.id, id === undefined ? "all" : { only: id }, access.now);
          });
          if (id !== undefined && ended.count === 0) throw noSuchSession();
          const json = { user: account, endedSessions: ended.ids, endedCount: ended.count };
          return {
            json,
            acts: endedActs(account.id, ended, "administration"),
            text: `Ended ${counted(ended.count, "session")}`,
          };
        });
      }),
    );

  sessions
    .command("prune")
    .description("deletes what is left of sessions that nobody can ask for any more")
    .action(
      does(async () =>
        onDatabase(around, async ({ transaction, now }) => {
          const pruned = await pruneAll(transaction, now);
          const { sessions: ended, refreshTokens } = pruned;
          return {
            json: pruned,
            acts: [{ event: "sessions pruned", count: ended, refreshTokens }],
            text: `Deleted ${counted(ended, "session")} and ${counted(refreshTokens, "refresh token")}`,
          };
        }),
      ),
    );
}
