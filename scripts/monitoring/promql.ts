import { definitions, processDefinitions } from "../../src/foundation/metrics/definitions.js";

type OwnMetric = keyof typeof definitions;
type Metric = OwnMetric | keyof typeof processDefinitions;
export type Labels<Of extends Metric> = Of extends OwnMetric
  ? keyof (typeof definitions)[Of]["labels"] & string
  : never;

/** Writes a metric with labels. A value may begin with `~` for a pattern or with `!` for values to exclude. */
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
