import type { Command } from "commander";

import type { Clock } from "../foundation/clock.js";
import type { PasswordCost } from "../kit/context.js";
import type { Features } from "../graphql/schema.js";
import type { Ended } from "../features/session/session.service.js";

/** The streams that a command reads and writes. */
export type Streams = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
};

/** Everything that a command needs of its process. */
export type CommandDeps = {
  /** Loads the server's own features and those of an application, which not every command needs. */
  readonly loadFeatures: () => Promise<Features>;
  readonly clock: Clock;
  readonly streams: Streams;
  readonly passwordCost?: PasswordCost;
};

/** The option of a command that asks before a change. */
export type Confirmed = { readonly yes?: boolean };

/** A change that a command has made, for the log: ids and counts, nothing secret. */
export type Act = {
  readonly event: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly cause?: string;
  readonly count?: number;
  readonly [detail: string]: unknown;
};

/** Returns the acts of ended sessions: one for each, or their number, as in the server's log. */
export const endedActs = (userId: string, { count, ids }: Ended, cause: string): Act[] => [
  ...ids.map((sessionId) => ({ event: "session ended", userId, sessionId, cause })),
  ...(count > ids.length ? [{ event: "session ended", userId, count, cause }] : []),
];

/** The result of a command, as one JSON document and for people. */
export type CommandResult = {
  readonly json: object;
  readonly text: string;
  /** A hint for people, on standard error. */
  readonly hint?: string | undefined;
  /** The changes of accounts, sessions, keys or data, for the log. */
  readonly acts?: readonly Act[];
  /** The exit code, if it isn't 0. */
  readonly code?: number;
};

/** The exit codes (docs/administration.md). */
export const exitCodes = { done: 0, refused: 1, misused: 2 } as const;

/** The reason why a command changed nothing, with the way to go on. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    message: string,
    readonly code = "REFUSED",
    readonly exitCode: number = exitCodes.refused,
  ) {
    super(message);
  }
}

/**
 * Returns the function that makes an action for commander. The action reports the result as the command's options ask.
 * `run` receives the command's arguments and then its options.
 */
export const actionsReporting =
  (report: (result: CommandResult, asJson: boolean) => Promise<void>) =>
  <Args extends readonly unknown[]>(run: (...args: Args) => Promise<CommandResult>) =>
  async (...given: readonly unknown[]) => {
    const command = given.at(-1) as Command;
    const result = await run(...(given.slice(0, -1) as unknown as Args));
    await report(result, command.opts<{ json?: boolean }>().json === true);
  };
export type MakeAction = ReturnType<typeof actionsReporting>;
