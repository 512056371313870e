/** A value of a statement. Dates are sent as they are stored, in milliseconds since 1970. */
export type SqlValue = string | number | Date | null;

/** A statement for a driver: its text, with `?` for each of its values. */
export type Statement = { readonly text: string; readonly values: readonly (string | number | null)[] };

/**
 * A piece of SQL with the values of its placeholders, in order. Pieces are combined with `sql`. The text of the whole
 * is made once, when it is first needed.
 */
export class Sql {
  private readonly strings: readonly string[];
  private made: { readonly dialect: Dialect | undefined; readonly statement: Statement } | undefined;

  /** @param strings the text before, between and after the parts. */
  constructor(
    strings: string | readonly string[],
    private readonly parts: readonly (Sql | SqlValue)[] = [],
  ) {
    this.strings = typeof strings === "string" ? [strings] : strings;
  }

  /** Returns the statement in a dialect. Without one, it must not contain pieces that depend on the dialect. */
  in(dialect: Dialect | undefined): Statement {
    if (this.made === undefined || this.made.dialect !== dialect) {
      const values: (string | number | null)[] = [];
      this.made = { dialect, statement: { text: this.write("", values, dialect), values } };
    }
    return this.made.statement;
  }

  /** Returns `before` with the text of this piece appended, and appends its values to `values`. */
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

/** The order of the rows of an aggregate. */
export type RowOrder = {
  readonly by: Sql;
  /** Whether the rows come from a subquery in that order, which SQLite preserves. */
  readonly isKept?: boolean;
};

/**
 * The pieces of SQL that differ between database systems. JSON is plain text, even if the database has a type for it.
 */
export type Dialect = {
  readonly name: "sqlite" | "postgresql";
  /** A text as JSON. */
  readonly jsonOfText: (text: Sql) => Sql;
  /** An instant as JSON, in the format of JavaScript's dates: UTC, with milliseconds. null if there is none. */
  readonly jsonOfInstant: (milliseconds: Sql) => Sql;
  /** A list of values as a JSON array. */
  readonly jsonArray: (values: Sql) => Sql;
  /** Aggregates one such array per row into a JSON array, in the given order if there is one. */
  readonly jsonArrays: (array: Sql, order?: RowOrder) => Sql;
  /** Aggregates the texts of all rows with U+001E between them, empty if there are none; as bytes if that is faster. */
  readonly joinedBytes: (text: Sql, order?: RowOrder) => Sql;
  /** A text as bytes if that is faster. */
  readonly bytes: (text: Sql) => Sql;
  /**
   * A lateral table of the members of a JSON array of texts, with the columns `key`, which starts at 0, and `value`.
   */
  readonly texts: (json: Sql, name: Sql) => Sql;
  /** The same for an array of arrays. Their members are `value ->> 0` and so on, as text. */
  readonly tuples: (json: Sql, name: Sql) => Sql;
  /** The number of members of a JSON array. */
  readonly length: (json: Sql) => Sql;
  /** A join that looks up its right side for each row of its left side; a plain join may start with the right side. */
  readonly joinInOrder: Sql;
  /** A column in a condition or an order for which no index should be used. */
  readonly unindexed: (column: Sql) => Sql;
};

/** A piece that depends on the dialect. */
class InDialect extends Sql {
  private inLastDialect: { readonly dialect: Dialect; readonly piece: Sql } | undefined;

  constructor(private readonly make: (dialect: Dialect) => Sql) {
    super("");
  }

  override write(before: string, values: (string | number | null)[], dialect: Dialect | undefined): string {
    if (dialect === undefined) throw new Error("This SQL depends on the database system: pass a dialect");
    if (this.inLastDialect?.dialect !== dialect) this.inLastDialect = { dialect, piece: this.make(dialect) };
    return this.inLastDialect.piece.write(before, values, dialect);
  }
}

/** A statement that was written before. */
class WrittenSql extends Sql {
  constructor(private readonly statement: Statement) {
    super("");
  }

  override in(): Statement {
    return this.statement;
  }
}

/** Returns a statement that is written already, for one dialect. It can't be a piece of another one. */
export const writtenSql = (statement: Statement): Sql => new WrittenSql(statement);

/** Makes a piece of SQL that depends on the dialect. */
export const inDialect = (make: (dialect: Dialect) => Sql): Sql => new InDialect(make);

/** Makes SQL from a template. A piece is inserted as SQL, any other value as a placeholder and never as text. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  return new Sql(strings, parts);
}

/** Joins pieces with a text between them. */
export function joinSql(pieces: readonly Sql[], separator: string): Sql {
  if (pieces.length === 0) return new Sql("");
  return new Sql(["", ...Array.from({ length: pieces.length - 1 }, () => separator), ""], pieces);
}

/**
 * Limits the number of rows. It is a sum, because SQLite plans by the value of a bare placeholder, and would prepare
 * the statement again for every new value.
 */
export function limit(rows: number, offset = 0): Sql {
  return offset === 0 ? sql`limit (${rows} + 0)` : sql`limit (${rows} + 0) offset (${offset} + 0)`;
}
