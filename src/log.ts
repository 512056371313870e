import { pino, type Logger, type DestinationStream } from "pino";
import pretty from "pino-pretty";

import type { Clock } from "./clock.js";
import type { LogLevel } from "./config/settings.js";

/**
 * Makes the log: for people where it goes to a terminal, JSON lines elsewhere.
 *
 * @param output where lines go; standard output if not given.
 */
export function makeLog(level: LogLevel, clock: Clock, output?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":${clock().getTime()}`,
    serializers: { err: describeError },
  };
  if (output !== undefined) return pino(options, output);
  return process.stdout.isTTY ? pino(options, pretty({ sync: true, singleLine: true })) : pino(options);
}

/** How much of an error is logged: its kind, words and stack, and those of its cause; no other property. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const message = withoutLiterals(error.message);
  return {
    type: error.name,
    ...("code" in error && { code: error.code }),
    message,
    stack: error.stack?.replace(error.message, message),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}

/** Database drivers put the statement with its values into the message, password hashes among them. */
function withoutLiterals(message: string): string {
  return message.replaceAll(/'(?:[^']|'')*'/g, "'…'").slice(0, 2000);
}
