import type { Name } from "./contestants.js";

/** The medians of one contestant's rounds at one operation. */
export type Result = {
  readonly row: string;
  readonly title: string;
  readonly name: Name;
  readonly requestsPerSecond: number;
  /** Latencies, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly memoryMegabytes: number;
  /** The processor time of all threads of the server for each request, user and system. */
  readonly cpuMicroseconds: number;
};

// Colours that differ in lightness too, on white and on black.
const colours: Readonly<Record<Name, string>> = {
  Postern: "#d9480f",
  "on PostgreSQL": "#f08c00",
  "by hand": "#1971c2",
};
const panels = [
  { left: 150, title: "requests a second", valueOf: (result: Result) => result.requestsPerSecond },
  { left: 480, title: "CPU time of a request, µs", valueOf: (result: Result) => result.cpuMicroseconds },
];
const [width, barWidth, barHeight, gap] = [800, 260, 16, 16];

/** Draws bars in a group for each operation. Groups have scales of their own, as operations differ widely. */
export function chart(results: readonly Result[], caption: string): string {
  const parts = panels.map(({ left, title }) => text(left, 40, title, 'class="title"'));
  let y = 50;
  for (const row of new Set(results.map((result) => result.row))) {
    const group = results.filter((result) => result.row === row);
    parts.push(text(0, y + barHeight - 4, group[0]!.title, 'class="title"'));
    for (const result of group) {
      for (const { left, valueOf } of panels) {
        const length = (barWidth * valueOf(result)) / Math.max(...group.map(valueOf));
        parts.push(
          rect(left, y, length, barHeight - 3, colours[result.name]),
          text(left + length + 6, y + barHeight - 5, valueOf(result).toLocaleString("en")),
        );
      }
      y += barHeight;
    }
    y += gap;
  }
  const legend = Object.entries(colours).flatMap(([name, colour], index) => [
    rect(150 + index * 130, 4, 12, 12, colour),
    text(168 + index * 130, 15, name),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 6}" font-family="system-ui, sans-serif" font-size="12">
<title>Requests a second, and CPU time of a request</title>
<style>text { fill: #495057 } .title { font-weight: 600 } @media (prefers-color-scheme: dark) { text { fill: #ced4da } }</style>
${[...legend, ...parts].join("\n")}
${text(0, y, caption, 'font-size="10"')}
</svg>
`;
}

const rect = (x: number, y: number, w: number, h: number, fill: string) =>
  `<rect x="${x}" y="${y}" width="${w.toFixed(1)}" height="${h}" fill="${fill}"/>`;
const text = (x: number, y: number, words: string, attributes = "") =>
  `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
