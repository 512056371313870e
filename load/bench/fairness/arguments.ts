import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** What can be said after `--`; paths are made absolute. */
export type Arguments = {
  readonly posts: number;
  /** The `dist/main.js` that is measured: this checkout's, or that of an older build. */
  readonly server: string;
  readonly rows: ReadonlySet<number> | undefined;
  readonly json: string | undefined;
  /** Figures of an earlier run, to stand beside these. */
  readonly before: string | undefined;
  readonly durationSeconds: number | undefined;
};

/** Reads the arguments of the process; ends it with one line where they make no sense. */
export function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      posts: { type: "string", default: "300000" },
      server: { type: "string", default: "dist/main.js" },
      rows: { type: "string" },
      json: { type: "string" },
      before: { type: "string" },
      duration: { type: "string" },
    },
  });
  const { rows, json, before, duration } = values;
  const posts = Number(values.posts);
  const durationSeconds = duration === undefined ? undefined : secondsOf(duration);
  if (!Number.isInteger(posts) || posts < 1000) end("--posts takes a whole number from 1000, for example 300000");
  if (rows !== undefined && !/^\d+(,\d+)*$/.test(rows)) end("--rows takes numbers, for example 1,3");
  if (Number.isNaN(durationSeconds)) end("--duration takes a duration, for example 90s or 10m");
  return {
    posts,
    server: resolve(values.server),
    rows: rows === undefined ? undefined : new Set(rows.split(",").map(Number)),
    json: json === undefined ? undefined : resolve(json),
    before: before === undefined ? undefined : resolve(before),
    durationSeconds,
  };
}

function secondsOf(duration: string): number {
  const match = /^(\d+)([sm])$/.exec(duration);
  return match === null ? Number.NaN : Number(match[1]) * (match[2] === "m" ? 60 : 1);
}

function end(problem: string): never {
  console.error(problem);
  process.exit(1);
}
