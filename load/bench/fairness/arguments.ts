import { resolve } from "node:path";

import { readArguments, refuse, wholeNumber } from "../../arguments.js";

/** The arguments after `--`; paths are absolute. */
export type Arguments = {
  readonly posts: number;
  /** The `dist/main.js` to measure: this checkout's, or that of an older build. */
  readonly server: string;
  readonly rows: ReadonlySet<number> | undefined;
  readonly json: string | undefined;
  /** A file of an earlier run; its figures are printed for comparison. */
  readonly before: string | undefined;
  readonly durationSeconds: number | undefined;
};

export function fairnessArguments(): Arguments {
  const values = readArguments({ posts: "300000", server: "dist/main.js" }, ["rows", "json", "before", "duration"]);
  const { rows, json, before, duration } = values;
  if (rows !== undefined && !/^\d+(,\d+)*$/.test(rows)) refuse("--rows takes numbers, for example 1,3");
  return {
    posts: wholeNumber("posts", values.posts, 1000),
    server: resolve(values.server),
    rows: rows === undefined ? undefined : new Set(rows.split(",").map(Number)),
    json: json === undefined ? undefined : resolve(json),
    before: before === undefined ? undefined : resolve(before),
    durationSeconds: duration === undefined ? undefined : secondsOf(duration),
  };
}

function secondsOf(duration: string): number {
  const [, count, unit] =
    /^(\d+)([sm])$/.exec(duration) ?? refuse("--duration takes a duration, for example 90s or 10m");
  return Number(count) * (unit === "m" ? 60 : 1);
}
