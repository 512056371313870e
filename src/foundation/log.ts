import { pino, type DestinationStream, type Logger } from "pino";

import type { Clock } from "./clock.js";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Makes the log.
 *
 * @param options.addresses whether its lines have the addresses of clients; true by default.
 */
export function makeLog(
  level: LogLevel,
  clock: Clock,
  output: DestinationStream,
  options: { readonly addresses?: boolean } = {},
): Logger {
  const { addresses = true } = options;
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${clock().getTime()}`,
      serializers: { err: describeError },
      ...(!addresses && { formatters: { log: ({ address: _address, ...line }) => line } }),
    },
    output,
  );
}

/** Returns the parts of an error that are logged: its name, code, message and stack, and those of its cause. */
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

/** Removes literals: database drivers put the statement with its values into the message, password hashes included. */
function withoutLiterals(message: string): string {
  return message.replaceAll(/'(?:[^']|'')*'/g, "'…'").slice(0, 2000);
}
