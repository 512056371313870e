import type { Sample } from "./samples.js";
import type { Window } from "./windows.js";

const [width, left, top, height, between] = [960, 60, 28, 150, 46];
const colours = { ok: "#1971c2", others: "#d9480f" };

/** Draws a run: answers a second and memory over time, with the faults as bands behind them. */
export function chart(title: string, samples: readonly Sample[], windows: readonly Window[]): string {
  const begin = samples[0]!.at;
  const span = samples.at(-1)!.at - begin || 1;
  const x = (at: number) => left + ((width - left) * Math.min(Math.max(at - begin, 0), span)) / span;
  const bands = windows.map(({ begin: from, end, kind, process }) => {
    const words = process === undefined ? kind : `${kind} ${process}`;
    const fill = process === undefined ? "#868e96" : "#f08c00";
    const wide = Math.max(x(end) - x(from), 1);
    return `<rect x="${x(from).toFixed(1)}" y="${top}" width="${wide.toFixed(1)}" height="${2 * height + between}" fill="${fill}" opacity="0.2"><title>${words}</title></rect>`;
  });
  const panel = (
    words: string,
    y: number,
    lines: readonly { colour: string; valueOf: (sample: Sample) => number }[],
  ) => {
    const most = Math.max(1, ...lines.flatMap(({ valueOf }) => samples.map(valueOf)));
    const path = (valueOf: (sample: Sample) => number) =>
      samples
        .map((sample) => `${x(sample.at).toFixed(1)},${(y + height * (1 - valueOf(sample) / most)).toFixed(1)}`)
        .join(" ");
    return [
      `<text x="${left}" y="${y - 6}">${words}</text>`,
      `<text x="${left - 8}" y="${y + 10}" text-anchor="end">${most.toFixed(0)}</text>`,
      `<text x="${left - 8}" y="${y + height}" text-anchor="end">0</text>`,
      `<path d="M${left} ${y}V${y + height}H${width}" fill="none" stroke="#adb5bd"/>`,
      ...lines.map(
        ({ colour, valueOf }) =>
          `<polyline points="${path(valueOf)}" fill="none" stroke="${colour}" stroke-width="1.2"/>`,
      ),
    ].join("\n");
  };
  const memory = samples[0]!.memory.map((_, process) => ({
    colour: `hsl(${(process * 67) % 360} 60% 45%)`,
    valueOf: (sample: Sample) => sample.memory[process] ?? 0,
  }));
  const below = top + height + between;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width + 10} ${below + height + 24}" font-family="system-ui, sans-serif" font-size="12">
<title>${title}</title>
<rect width="100%" height="100%" fill="white"/>
${bands.join("\n")}
${panel("answers a second: blue ok, red others", top, [
  { colour: colours.ok, valueOf: ({ ok }) => ok },
  { colour: colours.others, valueOf: ({ others }) => others },
])}
${panel("memory of each process, MB", below, memory)}
<text x="${left}" y="${below + height + 18}">${title}, ${(span / 60_000).toFixed(1)} minutes; bands are faults: grey of the database, orange of one process</text>
</svg>
`;
}
