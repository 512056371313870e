import { parseArgs } from "node:util";

/** Parses `--name value` pairs with their defaults; ends the process with one line if they are invalid. */
export function readArguments<Name extends string, Optional extends string = never>(
  defaults: Readonly<Record<Name, string>>,
  optional: readonly Optional[] = [],
): Record<Name, string> & Partial<Record<Optional, string>> {
  const withDefault = Object.entries(defaults).map(([name, value]) => [name, { type: "string", default: value }]);
  const without = optional.map((name) => [name, { type: "string" }]);
  try {
    return parseArgs({ options: Object.fromEntries([...withDefault, ...without]) }).values as never;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

/** Parses an argument as a number; ends the process if it is none, or out of bounds. */
export function wholeNumber(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return refuse(`--${name} takes a whole number ${bounds}`);
}

/** Parses an argument as minutes; ends the process if it is invalid. */
export function minutesOf(text: string): number {
  const minutes = Number(text);
  return minutes > 0 && minutes <= 1440 ? minutes : refuse("--minutes takes a number up to 1440, for example 10");
}

export function refuse(problem: string): never {
  console.error(problem);
  process.exit(1);
}
