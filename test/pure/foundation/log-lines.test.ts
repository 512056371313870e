import { stripVTControlCharacters } from "node:util";

import { expect, test } from "vitest";

import { terminalLine } from "../../../src/foundation/log-lines.js";
import { makeLog } from "../../../src/foundation/log.js";

/** Returns what a terminal shows of the lines that `write` logs, without colours. */
function shown(write: (log: ReturnType<typeof makeLog>) => void): string[] {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(stripVTControlCharacters(terminalLine(line))) };
  write(makeLog("trace", () => new Date("2026-11-22T09:00:00.417Z"), output));
  return lines;
}

test("a terminal shows a line of the log as its time, level, message and fields", () => {
  const lines = shown((log) => {
    log.info("ready");
    log.warn({ setting: "PORT", tries: [1, 2] }, "in use");
    log.debug({ only: "fields" });
  });
  expect(lines).toEqual([
    "[09:00:00.417] INFO: ready",
    '[09:00:00.417] WARN: in use {"setting":"PORT","tries":[1,2]}',
    '[09:00:00.417] DEBUG: {"only":"fields"}',
  ]);
});

test("a terminal shows an error below its line, with its causes and their stacks", () => {
  const error = new TypeError("outer", { cause: new Error("inner") });
  const [text] = shown((log) => log.error({ err: error, incidentId: "7" }, "failed"));
  const [line, first, ...stack] = text!.split("\n");
  expect(line).toBe('[09:00:00.417] ERROR: failed {"incidentId":"7"}');
  expect(first).toBe("    TypeError: outer");
  expect(stack[0]).toMatch(/^ {8}at /);
  expect(stack).toContain("    caused by: Error: inner");
});

test("a terminal shows a request in columns", () => {
  const request = {
    method: "POST",
    path: "/graphql",
    operation: "Titles",
    status: 200,
    durationMs: 3.2,
    requestId: "01J",
  };
  const [line] = shown((log) => log.info(request, "request"));
  expect(line!.split(/ {2,}| (?=01J)/).map((column) => column.trim())).toEqual([
    "09:00:00.417 POST Titles",
    "200",
    "3.2 ms",
    "01J",
  ]);
});
