import { panels } from "../../scripts/monitoring/panels.js";
import { parser } from "@prometheus-io/lezer-promql";

import { definitions, processDefinitions } from "../../src/foundation/metrics/definitions.js";

/** All metrics, by name. */
export const measured: readonly string[] = [...Object.keys(definitions), ...Object.keys(processDefinitions)];

/** Returns the metrics in a PromQL expression, by their names in `measured`, and whether all of it parses. */
export function readPromql(expression: string): { readonly isWhole: boolean; readonly metrics: readonly string[] } {
  let isWhole = true;
  const metrics: string[] = [];
  parser.parse(expression).iterate({
    enter({ type, name, from, to, node }) {
      if (type.isError) isWhole = false;
      if (name === "Identifier" && node.parent?.name === "VectorSelector") metrics.push(expression.slice(from, to));
    },
  });
  // The series of histograms and summaries have suffixes.
  const nameOf = (series: string) =>
    measured.find((name) => name === series) ?? series.replace(/_(bucket|sum|count)$/, "");
  return { isWhole, metrics: metrics.map(nameOf) };
}

/** The queries of all panels, with values for Grafana's variables. */
export const drawn = Object.values(panels)
  .flat()
  .flatMap(({ title, lines }) => Object.entries(lines).map(([legend, line]) => ({ title, legend, line })))
  .map(({ line, ...rest }) => ({
    ...rest,
    expression: line.replaceAll("$instance", ".*").replaceAll("$__rate_interval", "30s"),
  }));
