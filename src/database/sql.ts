import type { Dialect } from "./dialect.js";

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
