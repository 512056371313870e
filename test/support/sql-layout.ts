// A clause begins a line.
const clauses =
  /\b(?:with (?!ordinality)|select|from|where|group by|order by|limit|union all|left join|cross join|(?<!left |cross )join)\b/;
const members = /(?<=, ?)(?! )/;
const terms = /\b(?:and|or)\b|\+ (?=$)/;
const width = 120;

/** A piece of SQL: text, or the contents of a pair of parentheses. */
type Piece = string | readonly Piece[];

function parse(sql: string): Piece[] {
  const open: Piece[][] = [[]];
  for (const [part] of sql.replaceAll(/\s+/g, " ").matchAll(/'(?:[^']|'')*'|[()]|[^()']+/g)) {
    if (part === "(") open.push([]);
    else if (part === ")") {
      const contents = open.pop()!;
      open.at(-1)!.push(contents);
    } else open.at(-1)!.push(part);
  }
  return open[0]!;
}

const flat = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : `(${flat(piece).trim()})`)).join("");

/** Splits pieces before each match of a pattern, outside quotes and parentheses. */
function split(pieces: readonly Piece[], before: RegExp): Piece[][] {
  const parts: Piece[][] = [[]];
  for (const piece of pieces) {
    if (typeof piece !== "string" || piece.startsWith("'")) parts.at(-1)!.push(piece);
    else
      for (const [index, text] of piece.split(new RegExp(`(?=${before.source})`)).entries())
        if (index === 0) parts.at(-1)!.push(text);
        else parts.push([text]);
  }
  return parts.filter((part) => flat(part).trim() !== "");
}

function write(pieces: readonly Piece[], indent: string): string {
  const text = flat(pieces).trim();
  if (indent.length + text.length <= width) return indent + text;
  for (const pattern of [clauses, members, terms]) {
    const parts = split(pieces, pattern);
    if (parts.length > 1)
      return parts
        .map((part, index) => write(part, pattern === clauses || index === 0 ? indent : `${indent}  `))
        .join("\n");
  }
  // Nothing is left to split but the contents of parentheses: the longest.
  const longest = pieces.reduce<Piece | undefined>(
    (found, piece) =>
      typeof piece !== "string" && (found === undefined || flat([piece]).length > flat([found]).length) ? piece : found,
    undefined,
  );
  if (longest === undefined || typeof longest === "string") return indent + text;
  const place = pieces.lastIndexOf(longest);
  const [before, after] = [pieces.slice(0, place), pieces.slice(place + 1)];
  const end = after.length === 0 ? ")" : `)${flat(after)}`.trimEnd();
  return `${indent}${flat(before).trimStart()}(\n${write(longest, `${indent}  `)}\n${indent}${end}`;
}

/** Returns SQL with a line for each clause. Only white space changes. */
export const layOut = (sql: string): string => write(parse(sql), "");
