import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { expect, test } from "vitest";

import { alerts } from "../../../scripts/monitoring/alerts.js";
import { alertRules, alertsList, alertTests } from "../../../scripts/monitoring/files.js";
import { withList } from "../../../src/foundation/metrics/metrics-page.js";
import { newFolder } from "../../support/files.js";
import { measured, readPromql } from "../../support/promql.js";

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

test.each(alerts)("$name queries existing metrics in valid PromQL", ({ expression }) => {
  const { isWhole, metrics } = readPromql(expression);
  expect(isWhole).toBe(true);
  expect(metrics.length).toBeGreaterThan(0);
  expect([...measured, "up"]).toEqual(expect.arrayContaining([...metrics]));
});

test("invalid PromQL is noticed", () => {
  expect(readPromql("sum by (instance (rate(postern_sockets[5m])) > 0").isWhole).toBe(false);
  expect(readPromql("rate(nothing[5m]) > 0").metrics).toEqual(["nothing"]);
});

test("deploy/alerts.yml and docs/operations.md are up to date (if not: npm run settings)", () => {
  const words = (text: string) => text.replaceAll(/[-\s]+/g, " ");
  expect(readFileSync("deploy/alerts.yml", "utf8")).toBe(alertRules());
  const page = readFileSync("docs/operations.md", "utf8");
  expect(words(page)).toBe(words(withList(page, "alerts", alertsList())));
});

test.runIf(hasPromtool)("promtool, if it is installed, accepts them all, and each fires when it should", () => {
  const rules = resolve("deploy/alerts.yml");
  const tests = join(newFolder(), "tests.yml");
  writeFileSync(tests, alertTests(rules));
  expect(execFileSync("promtool", ["check", "rules", rules], { encoding: "utf8" })).toContain(
    `SUCCESS: ${alerts.length} rules found`,
  );
  const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", tests], { encoding: "utf8" });
  expect({ status, out: stdout + stderr }).toEqual({ status: 0, out: expect.stringContaining("SUCCESS") });
});
