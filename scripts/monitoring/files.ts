import { alerts } from "./alerts.js";

/** Quotes a text for YAML, in the quotes that need no escapes. */
const text = (value: string) => (value.includes('"') ? `'${value.replaceAll("'", "''")}'` : `"${value}"`);

const plain = (markdown: string) => markdown.replaceAll("`", "").replaceAll(/\[(.*?)\]\(.*?\)/g, "docs/$1.md");

/** Returns the alerts in the format of Prometheus. */
export function alertRules(): string {
  const rules = alerts.map(
    ({ name, expression, lasting, severity, means, toDo }) => `      - alert: ${name}
        expr: ${text(expression)}
        for: ${lasting}
        labels:
          severity: ${severity}
        annotations:
          summary: ${text(plain(means))}
          description: ${text(plain(toDo))}`,
  );
  return `# Printed by npm run settings from scripts/monitoring/alerts.ts.\ngroups:\n  - name: postern\n    rules:\n${rules.join("\n")}\n`;
}

const testOf = (name: string, given: Readonly<Record<string, string>>, expected: readonly object[]) => ({
  interval: "1m",
  input_series: Object.entries(given).map(([series, values]) => ({ series, values })),
  alert_rule_test: ["24m30s", "25m", "25m30s"].map((eval_time) => ({
    eval_time,
    alertname: name,
    exp_alerts: expected,
  })),
});

/**
 * Returns the tests for promtool as JSON, which is also YAML. Each alert fires on the series of its `firesAt` and stays
 * quiet on those of its `quietAt`.
 */
export function alertTests(rulesFile: string): string {
  const tests = alerts.flatMap(({ name, severity, means, toDo, firesAt, quietAt }) => [
    testOf(name, firesAt, [
      {
        exp_labels: { instance: "a", severity },
        exp_annotations: { summary: plain(means), description: plain(toDo) },
      },
    ]),
    ...(quietAt === undefined ? [] : [testOf(name, quietAt, [])]),
  ]);
  return JSON.stringify({ rule_files: [rulesFile], evaluation_interval: "1m", tests });
}

/** Returns the list of alerts for the documentation, as Markdown. */
export function alertsList(): string {
  const rows = alerts.map(({ name, severity, means, toDo }) => `| \`${name}\` | ${severity} | ${means} | ${toDo} |`);
  return `| alert | severity | what it means | what to do |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}
