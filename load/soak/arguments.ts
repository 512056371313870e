import { minutesOf, readArguments, refuse, wholeNumber } from "../arguments.js";

const databases = ["sqlite", "postgresql"] as const;
export type DatabaseName = (typeof databases)[number];

/** The arguments after `--`. */
export type Arguments = {
  readonly minutes: number;
  /** The databases take turns and share the minutes. */
  readonly databases: readonly DatabaseName[];
  readonly processes: number;
  readonly seed: number;
  /** The file for a chart of each run; none by default. */
  readonly chart: string | undefined;
};

export function soakArguments(): Arguments {
  const values = readArguments({ minutes: "60", processes: "5", seed: "1" }, ["database", "chart"]);
  const asked = databases.filter((name) => values.database === undefined || values.database === name);
  if (asked.length === 0) refuse(`--database takes ${databases.join(" or ")}; without it both are used`);
  return {
    minutes: minutesOf(values.minutes),
    databases: asked,
    processes: wholeNumber("processes", values.processes, 2, 12),
    seed: wholeNumber("seed", values.seed, 0),
    chart: values.chart,
  };
}
