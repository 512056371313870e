/** What a statement may carry as a value; dates go as the database stores them. */
export type SqlValue = string | number | Date | null;

/**
 * A piece of SQL and the values of its placeholders, in their order. Pieces are put together with `sql`; the text of the
 * whole is made once, when it is asked for.
 */
export class Sql {
  private readonly strings: readonly string[];
  private whole: { readonly text: string; readonly values: readonly SqlValue[] } | undefined;

  /** @param strings what stands before, between and after the parts. */
  constructor(
    strings: string | readonly string[],
    private readonly parts: readonly (Sql | SqlValue)[] = [],
  ) {
    this.strings = typeof strings === "string" ? [strings] : strings;
  }

  get text(): string {
    return this.made().text;
  }

  get values(): readonly SqlValue[] {
    return this.made().values;
  }

  private made() {
    if (this.whole === undefined) {
      const values: SqlValue[] = [];
      this.whole = { text: this.write("", values), values };
    }
    return this.whole;
  }

  /** Adds its text to what stands before it, and its values to theirs. */
  private write(before: string, values: SqlValue[]): string {
    const { strings, parts } = this;
    let text = before + strings[0]!;
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index]!;
      if (part instanceof Sql) text = part.write(text, values);
      else {
        text += "?";
        values.push(part);
      }
      text += strings[index + 1]!;
    }
    return text;
  }
}

/** SQL from a template: a piece goes in as SQL, anything else as a placeholder's value and never as text. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  return new Sql(strings, parts);
}

/** Pieces in a row, with text between them. */
export function joinSql(pieces: readonly Sql[], separator: string): Sql {
  if (pieces.length === 0) return new Sql("");
  return new Sql(["", ...Array.from({ length: pieces.length - 1 }, () => separator), ""], pieces);
}

/**
 * At most so many rows. As a sum, because SQLite looks at the value of a bare placeholder to plan by, and would prepare
 * the statement anew for every value that it is run with.
 */
export function limit(rows: number, offset = 0): Sql {
  return offset === 0 ? sql`limit (${rows} + 0)` : sql`limit (${rows} + 0) offset (${offset} + 0)`;
}
