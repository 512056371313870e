import { alerts } from "./alerts.js";

/** A text in YAML, in the quotes that need nothing to be escaped. */
const text = (value: string) => (value.includes('"') ? `'${value.replaceAll("'", "''")}'` : `"${value}"`);

const plain = (markdown: string) => markdown.replaceAll("`", "").replaceAll(/\[(.*?)\]\(.*?\)/g, "docs/$1.md");

/** The alerts as Prometheus reads them. */
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

/** What promtool tests them with, as JSON, which is YAML as well: each fires on the series that it names. */
export function alertTests(rulesFile: string): string {
  const tests = alerts.map(({ name, severity, means, toDo, firesAt }) => ({
    interval: "1m",
    input_series: Object.entries(firesAt).map(([series, values]) => ({ series, values })),
    alert_rule_test: [
      {
        eval_time: "25m",
        alertname: name,
        exp_alerts: [
          {
            exp_labels: { instance: "a", severity },
            exp_annotations: { summary: plain(means), description: plain(toDo) },
          },
        ],
      },
    ],
  }));
  return JSON.stringify({ rule_files: [rulesFile], evaluation_interval: "1m", tests });
}

/** What each alert means, as a part of the documentation in Markdown. */
export function alertsList(): string {
  const rows = alerts.map(({ name, severity, means, toDo }) => `| \`${name}\` | ${severity} | ${means} | ${toDo} |`);
  return `| alert | severity | what it means | what to do |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}
