// Whatever a user has written could hold what a terminal obeys.
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu;

/** Text as a terminal shows it, in one line. */
export const printable = (text: string): string => text.replace(unprintable, "\u{FFFD}");

/** One JSON document. It has nothing that a terminal obeys either. */
export const jsonText = (value: object): string =>
  JSON.stringify(value, null, 2).replaceAll(
    /[\u007F-\u009F]|\p{Cf}/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}${secondUnit(found)}`,
  );

const secondUnit = (found: string): string => (found.length === 1 ? "" : `\\u${found.charCodeAt(1).toString(16)}`);

/** Rows as columns that stand below each other. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, row[column]!.length), 0),
  );
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ");
  return cells.map((row) => line(row).trimEnd()).join("\n");
}

/** A number with its noun: `1 session`, `2 sessions`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
