// Text that users write could hold control sequences.
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu;

/** Returns text that is safe to print in a terminal, on one line. */
export const printable = (text: string): string => text.replace(unprintable, "\u{FFFD}");

/** Returns a value as JSON that is safe to print in a terminal. */
export const jsonText = (value: object): string =>
  JSON.stringify(value, null, 2).replaceAll(
    /[\u007F-\u009F]|\p{Cf}/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}${secondUnit(found)}`,
  );

const secondUnit = (found: string): string => (found.length === 1 ? "" : `\\u${found.charCodeAt(1).toString(16)}`);

/** Aligns rows in columns. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, row[column]!.length), 0),
  );
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ");
  return cells.map((row) => line(row).trimEnd()).join("\n");
}

/** Returns a number with its noun: `1 session`, `2 sessions`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
