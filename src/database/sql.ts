/** What a statement may carry as a value; dates go as the database stores them, in milliseconds since 1970. */
export type SqlValue = string | number | Date | null;

/** A statement as a driver takes it: its text, with `?` for each of its values. */
export type Statement = { readonly text: string; readonly values: readonly (string | number | null)[] };

/**
 * A piece of SQL and the values of its placeholders, in their order. Pieces are put together with `sql`; the text of the
 * whole is made once, when it is asked for.
 */
export class Sql {
  private readonly strings: readonly string[];
  private made: { readonly dialect: Dialect | undefined; readonly statement: Statement } | undefined;

  /** @param strings what stands before, between and after the parts. */
  constructor(
    strings: string | readonly string[],
    private readonly parts: readonly (Sql | SqlValue)[] = [],
  ) {
    this.strings = typeof strings === "string" ? [strings] : strings;
  }

  /** The statement in the words of a database; without one, where every database has the same words for it. */
  in(dialect: Dialect | undefined): Statement {
    if (this.made === undefined || this.made.dialect !== dialect) {
      const values: (string | number | null)[] = [];
      this.made = { dialect, statement: { text: this.write("", values, dialect), values } };
    }
    return this.made.statement;
  }

  /** Adds its text to what stands before it, and its values to theirs. */
  write(before: string, values: (string | number | null)[], dialect: Dialect | undefined): string {
    const { strings, parts } = this;
    let text = before + strings[0]!;
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index]!;
      if (part instanceof Sql) text = part.write(text, values, dialect);
      else {
        text += "?";
        values.push(part instanceof Date ? part.getTime() : part);
      }
      text += strings[index + 1]!;
    }
    return text;
  }
}

/** What the rows of an aggregate are in the order of. */
export type RowOrder = {
  readonly by: Sql;
  /** Whether they come from a subquery in that order, which SQLite keeps. */
  readonly isKept?: boolean;
};

/** What databases say in words of their own. Texts of JSON are plain text, whatever the database has for it. */
export type Dialect = {
  readonly name: "sqlite" | "postgresql";
  /** The JSON of a text. */
  readonly jsonOfText: (text: Sql) => Sql;
  /** The JSON of an instant, as JavaScript writes a date: in UTC, with milliseconds; null for none. */
  readonly jsonOfInstant: (milliseconds: Sql) => Sql;
  /** The JSON of a list of values. */
  readonly jsonArray: (values: Sql) => Sql;
  /** The JSON of a list of such lists, one a row; in an order, where one is given. */
  readonly jsonArrays: (array: Sql, order?: RowOrder) => Sql;
  /** The texts of all rows with U+001E between them, empty for none; as bytes, where that spares work. */
  readonly joinedBytes: (text: Sql, order?: RowOrder) => Sql;
  /** A text as bytes, where that spares work. */
  readonly bytes: (text: Sql) => Sql;
  /** A table of the members of a JSON list of texts, for each row of what stands before it: `key` counts from 0. */
  readonly texts: (json: Sql, name: Sql) => Sql;
  /** The same of a list of lists, whose members are `value ->> 0` and so on, as text. */
  readonly tuples: (json: Sql, name: Sql) => Sql;
  /** How many members a JSON list has. */
  readonly length: (json: Sql) => Sql;
  /** A join whose right side is looked up for each row of its left side, where the database might begin with the right. */
  readonly joinInOrder: Sql;
  /** A column, for a condition or an order that no index is to be used for. */
  readonly unindexed: (column: Sql) => Sql;
};

/** A piece that each database has its own words for. */
class InDialect extends Sql {
  private said: { readonly dialect: Dialect; readonly piece: Sql } | undefined;

  constructor(private readonly say: (dialect: Dialect) => Sql) {
    super("");
  }

  override write(before: string, values: (string | number | null)[], dialect: Dialect | undefined): string {
    if (dialect === undefined) throw new Error("these words are not the same in every database");
    if (this.said?.dialect !== dialect) this.said = { dialect, piece: this.say(dialect) };
    return this.said.piece.write(before, values, dialect);
  }
}

/** SQL that depends on whose words it is said in. */
export const inDialect = (say: (dialect: Dialect) => Sql): Sql => new InDialect(say);

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
