import { definitions, processDefinitions } from "../../src/foundation/metrics/definitions.js";

type OwnMetric = keyof typeof definitions;
type Metric = OwnMetric | keyof typeof processDefinitions;
export type Labels<Of extends Metric> = Of extends OwnMetric
  ? keyof (typeof definitions)[Of]["labels"] & string
  : never;

/** A metric with the values that labels have or, after a `~`, their patterns, or after a `!`, what they don't have. */
export function series<Of extends Metric>(
  metric: Of,
  labels: { readonly [Label in Labels<Of> | "instance"]?: string } = {},
  suffix: "" | "_bucket" | "_sum" | "_count" = "",
): string {
  const matchers = Object.entries<string | undefined>(labels).map(([label, value]) => {
    const [, how = "", what = ""] = /^([~!]?)(.*)$/.exec(value!)!;
    return `${label}${{ "": "=", "~": "=~", "!": "!=" }[how]}"${what}"`;
  });
  return metric + suffix + (matchers.length === 0 ? "" : `{${matchers.join(",")}}`);
}
