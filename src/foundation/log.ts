import { fstatSync } from "node:fs";
import { Socket } from "node:net";

import { pino, type Logger, type DestinationStream } from "pino";
import pretty from "pino-pretty";

import { systemTimer, type Clock, type Timer } from "./clock.js";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Makes the log.
 *
 * @param addresses whether its lines have the addresses of clients.
 */
export function makeLog(level: LogLevel, clock: Clock, output: DestinationStream, addresses = true): Logger {
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

/** Logs an error, once a second however often it comes. */
export type RepeatedErrors = (error: unknown, message: string) => void;

const repeatedMilliseconds = 1000;

/**
 * Logs an error at once. If it comes again, the latest is logged a second later with the `count` of all since the line
 * before: an outage would otherwise write a stack for each operation. Errors with the same message and code are the same.
 */
export function repeatedErrors(log: Logger, timer: Timer): RepeatedErrors {
  const latest = new Map<string, { error: unknown; count: number }>();
  const wait = (key: string, message: string): void =>
    void timer(repeatedMilliseconds, () => {
      const { error, count } = latest.get(key)!;
      latest.delete(key);
      if (count === 0) return;
      log.error({ err: error, count }, message);
      latest.set(key, { error, count: 0 });
      wait(key, message);
    });
  return (error, message) => {
    const key = `${message} ${String((error as { code?: unknown } | null)?.code)}`;
    const before = latest.get(key);
    if (before !== undefined) return void latest.set(key, { error, count: before.count + 1 });
    log.error({ err: error }, message);
    latest.set(key, { error, count: 0 });
    wait(key, message);
  };
}

/** Where the log's lines go, and how to wait until they have gone. */
export type LogOutput = DestinationStream & { readonly flush: () => Promise<void> };

// A reader that has stopped reading loses lines, and does not stop the server.
const mostBytesWaiting = 1024 * 1024;

/** Standard output: for people where it is a terminal, JSON lines elsewhere. */
export function standardOutput(): LogOutput {
  if (process.stdout.isTTY) {
    const stream = pretty({ sync: true, singleLine: true });
    return {
      write(line) {
        const entry = JSON.parse(line) as LogEntry;
        if (entry.msg === "request") process.stdout.write(`${requestLine(entry)}\n`);
        else stream.write(line);
      },
      flush: async () => {},
    };
  }
  const { fd } = process.stdout;
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket() ? pipeOutput(fd) : fileOutput(fd);
}

function fileOutput(fd: number): LogOutput {
  const file = pino.destination({ dest: fd, sync: true, maxLength: mostBytesWaiting });
  // A full disk loses lines, and does not stop the server.
  file.on("error", () => {});
  const lines = inBatches((batch) => void file.write(batch));
  return { write: (line) => lines.add(line), flush: async () => lines.pass() };
}

function pipeOutput(fd: number): LogOutput {
  // Node writes to a pipe and waits, for ever where nobody reads. A socket on the same pipe doesn't wait.
  const pipe = new Socket({ fd, readable: false, writable: true }).unref();
  // Nobody is left to tell.
  pipe.on("error", () => {});
  const lines = inBatches(
    (batch) => void (pipe.writableLength < mostBytesWaiting && pipe.writable && pipe.write(batch)),
  );
  return {
    write: (line) => lines.add(line),
    flush: () =>
      new Promise((resolve) => {
        lines.pass();
        if (pipe.writable) pipe.write("", () => resolve());
        else resolve();
      }),
  };
}

// Each write costs more than a line, so lines go together: those of a moment, or as many as fill a page of memory.
const batchMilliseconds = 20;
const batchCharacters = 16 * 1024;

/** Passes lines on in batches; the last one when the process ends. */
function inBatches(write: (lines: string) => void) {
  let lines = "";
  let cancel: (() => void) | undefined;
  const pass = () => {
    cancel?.();
    cancel = undefined;
    if (lines !== "") write(lines);
    lines = "";
  };
  process.once("exit", pass);
  return {
    add(line: string) {
      lines += line;
      if (lines.length >= batchCharacters) pass();
      else cancel ??= systemTimer(batchMilliseconds, pass);
    },
    pass,
  };
}

type LogEntry = { readonly msg: string; readonly time: number; readonly [key: string]: unknown };

/** A request in one line of 120 columns: when, what was asked, what came of it, how long it took, who, and its id. */
function requestLine({ time, method, path, operation, rootFields, aborted, status, code, ...entry }: LogEntry): string {
  const asked = operation ?? ((rootFields as string[] | undefined)?.join(" ") || path);
  const outcome = code ?? (aborted === true ? "aborted" : status);
  const columns = [
    new Date(time).toISOString().slice(11, 23),
    String(method).padEnd(4),
    cut(asked, 24),
    cut(outcome, 21),
    `${String(entry["durationMs"])} ms`.padStart(10),
    cut(entry["userId"] ?? "", 31),
    String(entry["requestId"]).slice(0, 8),
  ];
  return columns.join(" ");
}

const cut = (value: unknown, length: number): string => String(value).slice(0, length).padEnd(length);

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
