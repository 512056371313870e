import { Presets, SingleBar } from "cli-progress";

/** The progress of long work: `done` of `total` within a phase. */
export type Progress = { readonly phase: string; readonly done: number; readonly total: number };

/** Shows progress as a bar for each phase in a terminal, or as a line for each tenth of a phase elsewhere. */
export function progressOn(stream: NodeJS.WriteStream): (progress: Progress) => void {
  return stream.isTTY ? barsOn(stream) : linesOn(stream);
}

const formatValue = (value: number) => value.toLocaleString("en");

function barsOn(stream: NodeJS.WriteStream): (progress: Progress) => void {
  const format = "{bar} {percentage} %  {phase}: {value} of {total}";
  // Don't switch off line wrapping: an interruption would leave the terminal without it.
  const bar = new SingleBar({ stream, format, formatValue, linewrap: true }, Presets.shades_classic);
  let shownPhase: Progress["phase"] | undefined;
  return ({ phase, done, total }) => {
    if (phase === shownPhase) bar.update(done);
    else {
      // A phase doesn't report its own end: complete the bar when the next one begins.
      bar.update(bar.getTotal());
      bar.stop();
      bar.start(total, done, { phase });
      shownPhase = phase;
    }
    if (done === total) bar.stop();
  };
}

function linesOn(stream: NodeJS.WriteStream): (progress: Progress) => void {
  let shown = "";
  return ({ phase, done, total }) => {
    const tenth = `${phase} ${Math.floor((10 * done) / total)}`;
    if (tenth !== shown) stream.write(`${phase}: ${formatValue(done)} of ${formatValue(total)}\n`);
    shown = tenth;
  };
}
