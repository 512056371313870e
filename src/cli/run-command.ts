import { Command, CommanderError } from "commander";

import { ConfigError } from "../foundation/config/config.js";
import { DatabaseUnusableError, isDatabaseAway } from "../database/database-error.js";
import { KnownError } from "../foundation/errors.js";
import { version } from "../server/process/version.js";
import {
  actionsReporting,
  exitCodes,
  CommandError,
  type Act,
  type MakeAction,
  type CommandResult,
  type CommandDeps,
} from "./command.js";
import { addData } from "./commands/data.js";
import { addSessions } from "./commands/sessions.js";
import { addUpkeep } from "./commands/upkeep.js";
import { addUsers } from "./commands/users.js";
import { jsonText } from "./text.js";

/**
 * Runs the command that the arguments of `postern` name, except for serving.
 *
 * @returns the exit code.
 */
export async function runCommand(args: readonly string[], deps: CommandDeps): Promise<number> {
  const { stdout, stderr } = deps.streams;
  let code: number = exitCodes.done;
  const action = actionsReporting(async (result: CommandResult, asJson) => {
    await logActs(result.acts ?? [], args, deps);
    stdout.write(`${asJson ? jsonText(result.json) : result.text}\n`);
    if (!asJson && result.hint !== undefined) stderr.write(`${result.hint}\n`);
    code = result.code ?? exitCodes.done;
  });
  try {
    await makeProgram(deps, action).parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    const failure = failureOf(error);
    // Commander has written its own error.
    if (!(error instanceof CommanderError)) stderr.write(`${failure.message}\n`);
    if (failure.exitCode !== exitCodes.done && args.includes("--json"))
      stdout.write(`${jsonText({ error: { code: failure.code, message: failure.message } })}\n`);
    return failure.exitCode;
  }
}

/**
 * Logs the changes on standard error, in the form of the server's log. At a terminal, the result says the same in words.
 */
async function logActs(acts: readonly Act[], args: readonly string[], { streams, clock }: CommandDeps): Promise<void> {
  if (streams.stderr.isTTY || acts.length === 0) return;
  const { makeLog } = await import("../foundation/log.js");
  const log = makeLog("info", clock, streams.stderr);
  const command = args.filter((word) => /^[a-z][a-z-]*$/.test(word)).slice(0, 2);
  for (const act of acts) log.info({ command: command.join(" "), ...act }, "administration");
}

/** Returns all commands. An unknown command or option is rejected with a similar one as a suggestion. */
export function makeProgram(deps: CommandDeps, action: MakeAction): Command {
  const { stdout, stderr } = deps.streams;
  const program = new Command("postern")
    .description("Serves posts, or administers a server beside those that run. Without a command it serves.")
    .version(`postern ${version}`, "--version", "prints the version")
    .helpOption("-h, --help", "prints the help of a command")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  program.command("start").description("serves, like postern without a command; takes no arguments");
  addUpkeep(program, deps, action);
  addUsers(program, deps, action);
  addSessions(program, deps, action);
  addData(program, deps, action);
  for (const group of program.commands) group.helpCommand(false);
  for (const leaf of leavesOf(program)) if (leaf.name() !== "start") leaf.option("--json", "prints one JSON document");
  return program;
}

/** Returns the commands without subcommands. */
export const leavesOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

type Failure = { readonly message: string; readonly code: string; readonly exitCode: number };

const rejected = (code: string, message: string): Failure => ({ code, message, exitCode: exitCodes.refused });

/** Returns the words for an error: lines if the cause is known, with the stack if it is our mistake. */
function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    const exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.misused;
    return { code: "USAGE", message: error.message.replace(/^error: /, ""), exitCode };
  }
  if (error instanceof CommandError) return error;
  if (error instanceof KnownError) return rejected(error.code, error.message);
  if (error instanceof ConfigError) return rejected("SETTINGS", error.message);
  const { code, syscall, message, stack } = error as NodeJS.ErrnoException;
  // Without a code, the wait for the connection was too long, which waits for the lock in turn.
  if (code === "SQLITE_BUSY" || (code === undefined && isDatabaseAway(error)))
    return rejected("DATABASE", "Another process is writing to the database: try again when it is done");
  if (error instanceof DatabaseUnusableError) return rejected("DATABASE", message);
  return rejected("INTERNAL_SERVER_ERROR", syscall === undefined ? (stack ?? message) : message);
}
