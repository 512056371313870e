/** What a statement may carry as a value; dates go as the database stores them. */
export type SqlValue = string | number | Date | null;

/** A piece of SQL and the values of its placeholders, in their order. Pieces are put together with `sql`. */
export class Sql {
  constructor(
    readonly text: string,
    readonly values: readonly SqlValue[] = [],
  ) {}
}

/** SQL from a template: a piece goes in as SQL, anything else as a placeholder's value and never as text. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  let text = strings[0]!;
  const values: SqlValue[] = [];
  for (const [index, part] of parts.entries()) {
    if (part instanceof Sql) values.push(...part.values);
    else values.push(part);
    text += (part instanceof Sql ? part.text : "?") + strings[index + 1]!;
  }
  return new Sql(text, values);
}

/** Pieces in a row, with text between them. */
export function joinSql(pieces: readonly Sql[], separator: string): Sql {
  return new Sql(
    pieces.map(({ text }) => text).join(separator),
    pieces.flatMap(({ values }) => values),
  );
}
