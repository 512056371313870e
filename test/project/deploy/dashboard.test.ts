import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { dashboard } from "../../../scripts/monitoring/dashboard.js";
import { drawn, measured, readPromql } from "../../support/promql.js";

test.each(drawn)("$title, $legend, queries existing metrics in valid PromQL", ({ expression, legend }) => {
  const { isWhole, metrics } = readPromql(expression);
  expect(isWhole).toBe(true);
  expect(metrics.length).toBeGreaterThan(0);
  expect(measured).toEqual(expect.arrayContaining([...metrics]));
  // A label that the result hasn't would be a line without a name.
  for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g))
    if (label !== "instance") expect(expression).toMatch(new RegExp(String.raw`by \([^)]*\b${label}\b`));
});

test("every metric has a panel", () => {
  const seen = new Set(drawn.flatMap(({ expression }) => readPromql(expression).metrics));
  expect(measured.filter((name) => !seen.has(name))).toEqual([]);
});

test("deploy/dashboard.json is up to date (if not: npm run settings), and no panels overlap", () => {
  const text = readFileSync("deploy/dashboard.json", "utf8");
  expect(text).toBe(dashboard());
  type Place = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  const { panels: all } = JSON.parse(text) as { panels: { id: number; gridPos: Place; targets?: object[] }[] };
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const cells = all.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(cells.every((cell) => Number(cell.split(",")[0]) < 24)).toBe(true);
  expect(all.flatMap(({ targets = [] }) => targets)).toHaveLength(drawn.length);
});
