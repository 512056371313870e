import { fstatSync } from "node:fs";
import { Socket } from "node:net";

import { pino, type DestinationStream } from "pino";

import { systemTimer } from "./clock.js";

/** The destination of the log's lines; `flush` waits until they are written. */
export type LogOutput = DestinationStream & { readonly flush: () => Promise<void> };

// If the reader of a pipe stops reading, lines are dropped, and the server continues.
const maxWaitingBytes = 1024 * 1024;

/** Writes to standard output: readable lines if it is a terminal, otherwise JSON lines. */
export async function standardOutput(): Promise<LogOutput> {
  if (process.stdout.isTTY) {
    const { default: pretty } = await import("pino-pretty");
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
  const file = pino.destination({ dest: fd, sync: true, maxLength: maxWaitingBytes });
  // If the disk is full, lines are dropped, and the server continues.
  file.on("error", () => {});
  const lines = inBatches((batch) => void file.write(batch));
  return { write: (line) => lines.add(line), flush: async () => lines.flush() };
}

function pipeOutput(fd: number): LogOutput {
  // Node blocks when it writes to a full pipe, forever if nobody reads it. A socket on the same pipe doesn't block.
  const pipe = new Socket({ fd, readable: false, writable: true }).unref();
  // There is nowhere else to report the error.
  pipe.on("error", () => {});
  const lines = inBatches(
    (batch) => void (pipe.writableLength < maxWaitingBytes && pipe.writable && pipe.write(batch)),
  );
  return {
    write: (line) => lines.add(line),
    flush: () =>
      new Promise((resolve) => {
        lines.flush();
        if (pipe.writable) pipe.write("", () => resolve());
        else resolve();
      }),
  };
}

// A write costs more than a line, so lines are written in batches.
const batchMilliseconds = 20;
const batchCharacters = 16 * 1024;

/** Writes lines in batches; the last one when the process ends. */
function inBatches(write: (lines: string) => void) {
  let lines = "";
  let cancel: (() => void) | undefined;
  const flush = () => {
    cancel?.();
    cancel = undefined;
    if (lines !== "") write(lines);
    lines = "";
  };
  process.once("exit", flush);
  return {
    add(line: string) {
      lines += line;
      if (lines.length >= batchCharacters) flush();
      else cancel ??= systemTimer(batchMilliseconds, flush);
    },
    flush,
  };
}

type LogEntry = { readonly msg: string; readonly time: number; readonly [key: string]: unknown };

/** Formats a request as one line of 120 columns: time, operation, outcome, duration, user and request id. */
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
