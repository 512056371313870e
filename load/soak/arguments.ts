import { parseArgs } from "node:util";

const databases = ["sqlite", "postgresql"] as const;
export type DatabaseName = (typeof databases)[number];

/** What can be said after `--`. */
export type Arguments = {
  readonly minutes: number;
  /** One after the other; the minutes are shared out. */
  readonly databases: readonly DatabaseName[];
  readonly processes: number;
  readonly seed: number;
  /** Where pictures of the runs go, one for each database; none where it is left out. */
  readonly chart: string | undefined;
};

/** Reads the arguments of the process; ends it with one line where they make no sense. */
export function readArguments(): Arguments {
  const values = parsed();
  const [minutes, processes, seed] = [values.minutes, values.processes, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (!(minutes > 0 && minutes <= 1440)) end("--minutes takes a number up to 1440, for example 10");
  if (!Number.isInteger(processes) || processes < 2 || processes > 12)
    end("--processes takes a whole number from 2 to 12, for example 5");
  if (!Number.isInteger(seed) || seed < 0) end("--seed takes a whole number, for example 1");
  const asked = databases.filter((name) => values.database === undefined || values.database === name);
  if (asked.length === 0) end(`--database takes ${databases.join(" or ")}, or is left out for both`);
  return { minutes, databases: asked, processes, seed, chart: values.chart };
}

function parsed() {
  try {
    return parseArgs({
      options: {
        minutes: { type: "string", default: "60" },
        database: { type: "string" },
        processes: { type: "string", default: "5" },
        seed: { type: "string", default: "1" },
        chart: { type: "string" },
      },
    }).values;
  } catch (error) {
    return end((error as Error).message);
  }
}

function end(problem: string): never {
  console.error(problem);
  process.exit(1);
}
