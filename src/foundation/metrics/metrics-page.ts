import { definitions, processDefinitions, type Definition } from "./definitions.js";

/** Returns the list of metrics for the documentation, in Markdown. */
export function metricsList(): string {
  const own = Object.entries(definitions).map(([name, { kind, help, labels }]: [string, Definition]) => {
    const labelTexts = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values}`);
    return `| \`${name}\` | ${kind} | ${help} | ${labelTexts.join("; ")} |`;
  });
  const ofProcess = Object.entries(processDefinitions).map(([name, help]) => `| \`${name}\` | ${help} |`);
  return `| metric | kind | meaning | labels |
| --- | --- | --- | --- |
${own.join("\n")}

| of the process, from prom-client | meaning |
| --- | --- |
${ofProcess.join("\n")}
`;
}

/** Returns the page with its generated list replaced. */
export function withList(page: string, name: "metrics" | "alerts", list: string): string {
  const [start, end] = [`<!-- ${name}: npm run settings -->\n`, `<!-- end of ${name} -->\n`];
  const [before, after] = [page.indexOf(start) + start.length, page.indexOf(end)];
  return `${page.slice(0, before)}\n${list}\n${page.slice(after)}`;
}
