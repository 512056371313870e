/** Summarizes a statement as in the conventions' `db.query.summary`: `SELECT posts`. */
export function summaryOf(text: string): string {
  const first = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "";
  const verb = first === "WITH" ? "SELECT" : first;
  // A name with parentheses after it is a function.
  const table = /(?:^\s*update|\b(?:from|into|join))\s+["`]?([a-z_]\w*)(?!\w|\s*\()/i.exec(text)?.[1];
  return table === undefined ? verb : `${verb} ${table}`;
}
