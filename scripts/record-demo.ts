// Renews docs/demo.svg: runs the demonstration and draws its output as a terminal shows it.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const columns = 100;
const lineHeight = 20;
const margin = 20;
const colors: readonly (readonly [RegExp, string])[] = [
  [/401|TOKEN_EXPIRED|expired/, "#f47067"],
  [/200$|open until|^The token was valid/, "#8ddb8c"],
];

const printed = execFileSync(process.execPath, ["--import", "tsx", "demo/expiry.ts"], { encoding: "utf8" });
const lines = ["$ npm run demo", ...printed.trimEnd().split("\n")].flatMap((line) => {
  const indent = /^ */.exec(line)![0];
  return line.match(new RegExp(`.{1,${columns}}`, "g"))?.map((part, index) => (index > 0 ? indent : "") + part) ?? [""];
});
const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const texts = lines.map((line, index) => {
  const color = colors.find(([pattern]) => pattern.test(line))?.[1] ?? "#d0d7de";
  return `<text x="${margin}" y="${margin + (index + 1) * lineHeight}" fill="${color}">${escape(line)}</text>`;
});
const [width, height] = [columns * 8.5 + 2 * margin, (lines.length + 1) * lineHeight + 2 * margin];
writeFileSync(
  "docs/demo.svg",
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, monospace" font-size="14" xml:space="preserve">
<title>The demonstration: a token is good until its end, and refused from then on</title>
<rect width="${width}" height="${height}" rx="8" fill="#22272e"/>
${texts.join("\n")}
</svg>
`,
);
