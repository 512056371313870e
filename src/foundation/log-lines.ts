import { styleText } from "node:util";

type LogEntry = {
  readonly level: number;
  readonly msg?: string;
  readonly time: number;
  readonly [key: string]: unknown;
};

/** Reports whether a line of the log is that of a request. */
export const isRequest = (line: string): boolean => (JSON.parse(line) as LogEntry).msg === "request";

/** Formats a line of the log for a terminal: a request in columns, all else with its fields as JSON and its error below. */
export function terminalLine(line: string): string {
  const entry = JSON.parse(line) as LogEntry;
  return entry.msg === "request" ? requestLine(entry) : messageLine(entry);
}

function messageLine({ level, msg, time, err, ...fields }: LogEntry): string {
  const words = [
    `[${timeOf(time)}] ${levelOf(level)}:`,
    ...(msg === undefined ? [] : [styleText("cyan", msg)]),
    ...(Object.keys(fields).length === 0 ? [] : [styleText("gray", JSON.stringify(fields))]),
  ];
  return [words.join(" "), ...errorLines(err as LoggedError | undefined)].join("\n");
}

const timeOf = (time: number): string => new Date(time).toISOString().slice(11, 23);

function levelOf(level: number): string {
  if (level >= 60) return styleText("bgRed", "FATAL");
  if (level >= 50) return styleText("red", "ERROR");
  if (level >= 40) return styleText("yellow", "WARN");
  return level >= 30 ? styleText("green", "INFO") : styleText("blue", level >= 20 ? "DEBUG" : "TRACE");
}

type LoggedError = {
  readonly type: string;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
};

/** Formats an error and its causes, indented. */
function errorLines(error: LoggedError | undefined, before = ""): string[] {
  if (error === undefined) return [];
  const text = error.stack ?? `${error.type}: ${error.message ?? ""}`;
  return [...`${before}${text}`.split("\n").map((line) => `    ${line}`), ...errorLines(error.cause, "caused by: ")];
}

/** Formats a request as one line of 120 columns: time, operation, outcome, duration, user and request id. */
function requestLine({ time, method, path, operation, rootFields, aborted, status, code, ...entry }: LogEntry): string {
  const asked = operation ?? ((rootFields as string[] | undefined)?.join(" ") || path);
  const outcome = code ?? (aborted === true ? "aborted" : status);
  const columns = [
    timeOf(time),
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
