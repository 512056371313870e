import type { Progress } from "./fill.js";

/** The share of the whole that a phase takes, from experience with a million posts. */
const shares: Readonly<Record<Progress["phase"], number>> = { posts: 0.55, indexes: 0.35, saving: 0.1 };
const phases = Object.keys(shares) as Progress["phase"][];
const barLength = 30;

/**
 * Shows progress as one line that is drawn anew in a terminal, and elsewhere as a line now and then: at each phase,
 * and at each tenth of the whole.
 */
export function progressOn(stream: NodeJS.WriteStream): (progress: Progress) => void {
  let [shownPhase, shownTenth] = ["", 0];
  return (progress) => {
    const share = shareOf(progress);
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    const text = `${percent}  ${wordsFor(progress)}`;
    if (stream.isTTY) {
      const filled = Math.round(share * barLength);
      stream.write(`\r${"█".repeat(filled)}${"░".repeat(barLength - filled)} ${text}\u001b[K${share < 1 ? "" : "\n"}`);
      return;
    }
    const tenth = Math.floor(share * 10);
    if (progress.phase === shownPhase && tenth === shownTenth) return;
    [shownPhase, shownTenth] = [progress.phase, tenth];
    stream.write(`${text}\n`);
  };
}

function shareOf({ phase, done, total }: Progress): number {
  const before = phases.slice(0, phases.indexOf(phase)).reduce((sum, earlier) => sum + shares[earlier], 0);
  return done === total && phase === "saving" ? 1 : before + (shares[phase] * done) / total;
}

function wordsFor({ phase, done, total }: Progress): string {
  const [part, whole] = [done.toLocaleString("en"), total.toLocaleString("en")];
  if (phase === "posts") return `posts: ${part} of ${whole}`;
  if (phase === "indexes") return `indexes: ${part} of ${whole}`;
  return done === total ? "saved" : "saving";
}
