import { parseArgs } from "node:util";

/** Parses `--name value` pairs with their defaults, and `--flag`; ends the process with one line if they are invalid. */
export function readArguments<Name extends string, Optional extends string = never, Flag extends string = never>(
  defaults: Readonly<Record<Name, string>>,
  optional: readonly Optional[] = [],
  flags: readonly Flag[] = [],
): Record<Name, string> & Partial<Record<Optional, string>> & Record<Flag, boolean> {
  const options = Object.fromEntries([
    ...Object.entries(defaults).map(([name, value]) => [name, { type: "string", default: value }]),
    ...optional.map((name) => [name, { type: "string" }]),
    ...flags.map((name) => [name, { type: "boolean", default: false }]),
  ]);
  try {
    return parseArgs({ options }).values as never;
  } catch (error) {
    return exitWith((error as Error).message);
  }
}

/** Parses an argument as a number; ends the process if it is none, or out of bounds. */
export function readNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  return number >= least && number <= most ? number : exitWith(`--${name} takes a number from ${least} to ${most}`);
}

export function exitWith(problem: string): never {
  console.error(problem);
  process.exit(1);
}
