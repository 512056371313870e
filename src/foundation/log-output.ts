import { fstatSync } from "node:fs";
import { Socket } from "node:net";

import { pino, type DestinationStream } from "pino";

import { systemTimer } from "./clock.js";
import { isRequest, terminalLine } from "./log-lines.js";

/** The destination of the log's lines; `flush` waits until they are written. */
export type LogOutput = DestinationStream & { readonly flush: () => Promise<void> };

// If the reader of a pipe stops reading, lines are dropped, and the server continues.
const maxWaitingBytes = 1024 * 1024;

/** Writes to standard output: readable lines if it is a terminal, otherwise JSON lines. */
export async function standardOutput(): Promise<LogOutput> {
  if (process.stdout.isTTY) return terminalOutput();
  const { fd } = process.stdout;
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket() ? pipeOutput(fd) : fileOutput(fd);
}

/** Formats lines for a terminal, by pino-pretty if the application has it. */
async function terminalOutput(): Promise<LogOutput> {
  const pretty = await import("pino-pretty").catch(() => undefined);
  const stream = pretty?.default({ sync: true, singleLine: true });
  return {
    write(line) {
      if (stream === undefined || isRequest(line)) process.stdout.write(`${terminalLine(line)}\n`);
      else stream.write(line);
    },
    flush: async () => {},
  };
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
