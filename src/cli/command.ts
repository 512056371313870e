import type { Command } from "commander";

import type { Clock } from "../foundation/clock.js";
import type { PasswordCost } from "../kit/context.js";
import type { Features } from "../graphql/schema.js";
import type { Ended } from "../features/session/session.service.js";

/** What a command reads from, and writes to. */
export type Streams = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
};

/** What every command is given. */
export type Surroundings = {
  /** The server's own, and what an application adds to them. */
  readonly features: Features;
  readonly clock: Clock;
  readonly streams: Streams;
  readonly passwordCost?: PasswordCost;
};

/** Something that a command has done, with ids and counts and nothing secret. */
export type Act = {
  readonly event: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly cause?: string;
  readonly count?: number;
  readonly [detail: string]: unknown;
};

/** The sessions that an act has ended: each, or their number, as the server's log has them. */
export const endedActs = (userId: string, { count, ids }: Ended, cause: string): Act[] => [
  ...ids.map((sessionId) => ({ event: "session ended", userId, sessionId, cause })),
  ...(count > ids.length ? [{ event: "session ended", userId, count, cause }] : []),
];

/** What a command has done: as one JSON document, and for people. */
export type Outcome = {
  readonly json: object;
  readonly text: string;
  /** For people alone, beside what they asked for. */
  readonly hint?: string | undefined;
  /** What it has done to accounts, sessions, keys or data, for the log. */
  readonly acts?: readonly Act[];
  /** The exit code where it isn't 0. */
  readonly code?: number;
};

/** The exit codes, which docs/administration.md explains. */
export const exitCodes = { done: 0, refused: 1, misused: 2 } as const;

/** Why a command doesn't do what it was asked for, in words that say what would. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    message: string,
    readonly code = "REFUSED",
    readonly exitCode: number = exitCodes.refused,
  ) {
    super(message);
  }
}

/**
 * Makes of what does something what commander calls: it tells the outcome in the way that the command's options ask for.
 * `run` is given the command's arguments and, in the end, its options.
 */
export const doesAndTells =
  (tell: (outcome: Outcome, asJson: boolean) => void) =>
  <Args extends readonly unknown[]>(run: (...args: Args) => Promise<Outcome>) =>
  async (...given: readonly unknown[]) => {
    const command = given.at(-1) as Command;
    const outcome = await run(...(given.slice(0, -1) as unknown as Args));
    tell(outcome, command.opts<{ json?: boolean }>().json === true);
  };
/** The same, once it is known where outcomes are told. */
export type Does = ReturnType<typeof doesAndTells>;
