import { Command, CommanderError } from "commander";

import { ConfigError } from "../foundation/config/settings.js";
import { DatabaseUnusableError, isDatabaseAway } from "../database/database.js";
import { KnownError } from "../foundation/errors.js";
import { version } from "../server/process/version.js";
import { makeLog } from "../foundation/log.js";
import { doesAndTells, exitCodes, Refusal, type Act, type Does, type Outcome, type Surroundings } from "./command.js";
import { addData } from "./commands/data.js";
import { addSessions } from "./commands/sessions.js";
import { addUpkeep } from "./commands/upkeep.js";
import { addUsers } from "./commands/users.js";
import { jsonText } from "./text.js";

/**
 * Does what the arguments of `postern` ask for, apart from serving.
 *
 * @returns the exit code.
 */
export async function administer(args: readonly string[], around: Surroundings): Promise<number> {
  const { stdout, stderr } = around.streams;
  let code: number = exitCodes.done;
  const does = doesAndTells((outcome: Outcome, asJson) => {
    logActs(outcome.acts ?? [], args, around);
    stdout.write(`${asJson ? jsonText(outcome.json) : outcome.text}\n`);
    if (!asJson && outcome.hint !== undefined) stderr.write(`${outcome.hint}\n`);
    code = outcome.code ?? exitCodes.done;
  });
  try {
    await makeProgram(around, does).parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    const failure = failureOf(error);
    // Commander has said what it has to say.
    if (!(error instanceof CommanderError)) stderr.write(`${failure.message}\n`);
    if (failure.exitCode !== exitCodes.done && args.includes("--json"))
      stdout.write(`${jsonText({ error: { code: failure.code, message: failure.message } })}\n`);
    return failure.exitCode;
  }
}

/**
 * Logs what was done, on standard error and in the form of the server's log. At a terminal the outcome says it already, in
 * words.
 */
function logActs(acts: readonly Act[], args: readonly string[], { streams, clock }: Surroundings): void {
  if (streams.stderr.isTTY) return;
  const log = makeLog("info", clock, streams.stderr);
  const command = args.filter((word) => /^[a-z][a-z-]*$/.test(word)).slice(0, 2);
  for (const act of acts) log.info({ command: command.join(" "), ...act }, "administration");
}

/** All commands. One that isn't there, and an option that a command doesn't know, are refused with the one that is meant. */
export function makeProgram(around: Surroundings, does: Does): Command {
  const { stdout, stderr } = around.streams;
  const program = new Command("postern")
    .description("Serves posts, or administers a server beside those that run. Without a command it serves.")
    .version(`postern ${version}`, "--version", "prints the version")
    .helpOption("-h, --help", "prints what there is to know of a command")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  program.command("start").description("serves, as no command at all does; it takes no arguments");
  addUpkeep(program, around, does);
  addUsers(program, around, does);
  addSessions(program, around, does);
  addData(program, around, does);
  for (const group of program.commands) group.helpCommand(false);
  for (const leaf of leavesOf(program)) if (leaf.name() !== "start") leaf.option("--json", "prints one JSON document");
  return program;
}

/** The commands that do something. */
export const leavesOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

type Failure = { readonly message: string; readonly code: string; readonly exitCode: number };

const refused = (code: string, message: string): Failure => ({ code, message, exitCode: exitCodes.refused });

/** What to say of an error: lines where the cause is known, with the stack where it is our mistake. */
function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    const exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.misused;
    return { code: "USAGE", message: error.message.replace(/^error: /, ""), exitCode };
  }
  if (error instanceof Refusal) return error;
  if (error instanceof KnownError) return refused(error.code, error.message);
  if (error instanceof ConfigError) return refused("SETTINGS", error.message);
  const { code, syscall, message, stack } = error as NodeJS.ErrnoException;
  // Without a code it is the wait for the connection that was too long, which waits for the lock in turn.
  if (code === "SQLITE_BUSY" || (code === undefined && isDatabaseAway(error)))
    return refused("DATABASE", "Another process is writing to the database: try again when it is done");
  if (error instanceof DatabaseUnusableError) return refused("DATABASE", message);
  return refused("INTERNAL_SERVER_ERROR", syscall === undefined ? (stack ?? message) : message);
}
