import { Option, type Command } from "commander";

import type { CommandDeps, MakeAction } from "../command.js";
import type { EndOptions } from "../sessions.js";

const load = () => import("../sessions.js");

/** Adds the commands for sessions. Their code is loaded only when they run. */
export function addSessions(program: Command, deps: CommandDeps, action: MakeAction): void {
  const sessions = program.command("sessions").description("sessions of users");
  sessions
    .command("list <user>")
    .description("lists a user's live sessions, the newest first")
    .action(action(async (user: string) => (await load()).listSessions(deps, user)));

  sessions
    .command("end [id]")
    .description("ends one session, all of a user, or all there are")
    .option("--user <user>", "the user whose sessions all end")
    .option("--all", "ends every session of every user, for example after a backup was restored")
    .addOption(new Option("--yes", "doesn't ask for confirmation"))
    .action(action(async (id: string | undefined, options: EndOptions) => (await load()).end(deps, id, options)));

  sessions
    .command("prune")
    .description("deletes the rows of sessions that are long over")
    .action(action(async () => (await load()).prune(deps)));
}
