import type { z } from "zod";

import { formatDuration } from "./duration.js";
import { settings, type Setting } from "./setting-list.js";

export type Variable = keyof typeof settings;

/** The environment variables that are read, apart from NODE_ENV. */
export const variables = Object.keys(settings) as Variable[];

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings from environment variables, and collects all problems and warnings. */
export class SettingReader {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];

  constructor(readonly env: Environment) {}

  isSet(variable: Variable): boolean {
    return this.env[variable] !== undefined;
  }

  /** Returns the checked value; undefined if it is not set and has no default, or if it has a problem. */
  read<V extends Variable>(variable: V): z.output<(typeof settings)[V]["rule"]> | undefined {
    const { preset }: Setting = settings[variable];
    const value = this.env[variable] ?? preset;
    if (value === undefined) return undefined;
    const result = settings[variable].rule.safeParse(value);
    if (!result.success) {
      this.reject(variable, [...new Set(result.error.issues.map((issue) => issue.message))].join(" and "));
      return undefined;
    }
    return result.data as z.output<(typeof settings)[V]["rule"]>;
  }

  /** Records a problem, with the setting's example. */
  reject(variable: Variable, problem: string): void {
    const { preset, example = preset }: Setting = settings[variable];
    this.problems.push(`${variable} ${problem}, for example ${variable}=${example}`);
  }

  /** Records a problem if the first duration is longer than the second, with a valid value for the one that was set. */
  requireOrder([shorter, shorterSeconds]: Lifetime, [longer, longerSeconds]: Lifetime): void {
    if (shorterSeconds <= longerSeconds) return;
    const [wrong, word, other, seconds] = this.isSet(shorter)
      ? [shorter, "longer", longer, longerSeconds]
      : [longer, "shorter", shorter, shorterSeconds];
    const bound = formatDuration(seconds);
    this.problems.push(`${wrong} must not be ${word} than ${other}, which is ${bound}, for example ${wrong}=${bound}`);
  }
}

type Lifetime = readonly [variable: Variable, seconds: number];
