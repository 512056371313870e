import type { Name } from "./contestants.js";
import type { Result } from "./results.js";

const charted = ["page", "fullPage", "post", "me", "createPost"];
// Colours that differ in lightness too, on white and on black.
const colours: Readonly<Record<Name, string>> = {
  Postern: "#d9480f",
  "on PostgreSQL": "#f08c00",
  "by hand": "#1971c2",
  "plain stack": "#868e96",
  floor: "#adb5bd",
};
const [width, left, right, barHeight, gap] = [760, 230, 60, 16, 18];

/** Draws bars of requests a second, in a group for each work. Groups have scales of their own, as works differ widely. */
export function chart(results: readonly Result[], caption: string): string {
  const parts: string[] = [];
  let y = 34;
  for (const work of charted) {
    const group = results.filter((one) => one.work === work);
    if (group.length === 0) continue;
    const most = Math.max(...group.map(({ requestsPerSecond }) => requestsPerSecond));
    parts.push(text(0, y + barHeight - 4, group[0]!.title, 'class="title"'));
    for (const { name, requestsPerSecond } of group) {
      const length = ((width - left - right) * requestsPerSecond) / most;
      parts.push(
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 3}" fill="${colours[name]}"/>`,
        text(left + length + 6, y + barHeight - 5, requestsPerSecond.toFixed(0)),
      );
      y += barHeight;
    }
    y += gap;
  }
  const legend = Object.entries(colours).map(
    ([name, colour], index) =>
      `<rect x="${left + index * 110}" y="4" width="12" height="12" fill="${colour}"/>${text(left + index * 110 + 18, 15, name)}`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 6}" font-family="system-ui, sans-serif" font-size="12">
<title>Requests a second</title>
<style>text { fill: #495057 } .title { font-weight: 600 } @media (prefers-color-scheme: dark) { text { fill: #ced4da } }</style>
${text(0, 15, "requests a second", 'class="title"')}
${[...legend, ...parts].join("\n")}
${text(0, y, caption, 'font-size="10"')}
</svg>
`;
}

const text = (x: number, y: number, words: string, attributes = "") =>
  `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
