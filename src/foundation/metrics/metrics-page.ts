import { definitions, processDefinitions, type Definition } from "./definitions.js";

/** What is measured, as a part of the documentation in Markdown. */
export function metricsList(): string {
  const own = Object.entries(definitions).map(([name, { kind, help, labels }]: [string, Definition]) => {
    const said = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values}`);
    return `| \`${name}\` | ${kind} | ${help} | ${said.join("; ")} |`;
  });
  const ofProcess = Object.entries(processDefinitions).map(([name, help]) => `| \`${name}\` | ${help} |`);
  return `| metric | kind | what it says | labels |
| --- | --- | --- | --- |
${own.join("\n")}

| of the process, as prom-client has it | what it says |
| --- | --- |
${ofProcess.join("\n")}
`;
}

/** A page with a list in its place, in place of what was there. */
export function withList(page: string, name: "metrics" | "alerts", list: string): string {
  const [start, end] = [`<!-- ${name}: npm run settings -->\n`, `<!-- end of ${name} -->\n`];
  const [before, after] = [page.indexOf(start) + start.length, page.indexOf(end)];
  return `${page.slice(0, before)}\n${list}\n${page.slice(after)}`;
}
