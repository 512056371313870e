/** Summarizes a statement as in the conventions' `db.query.summary`: `SELECT posts`. */
export function summaryOf(text: string): string {
  const first = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "";
  const verb = first === "WITH" ? "SELECT" : first;
  // After FROM or JOIN, a name with parentheses is a function.
  const pattern = /(?:^\s*update|\binto)\s+["`]?([a-z_]\w*)|\b(?:from|join)\s+["`]?([a-z_]\w*)(?!\w|\s*\()/i;
  const [, written, read] = pattern.exec(text) ?? [];
  const table = written ?? read;
  return table === undefined ? verb : `${verb} ${table}`;
}
