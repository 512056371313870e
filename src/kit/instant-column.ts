import { Type } from "@mikro-orm/core";

/** An instant in a column: whole milliseconds since 1970, in every database, so that none rounds or shifts it. */
export class InstantType extends Type<Date | null, number | null> {
  override convertToDatabaseValue(instant: Date | string | null): number | null {
    return instant === null ? null : new Date(instant).getTime();
  }

  override convertToJSValue(stored: number | string | null): Date | null {
    // PostgreSQL's driver gives whole numbers of eight bytes as text.
    return stored === null ? null : new Date(Number(stored));
  }

  // What MikroORM knows as a date, it would read from a column as one.
  override get runtimeType(): string {
    return "any";
  }

  override compareAsType(): string {
    return "number";
  }

  // What migrations of SQLite are made from; those of PostgreSQL are written by hand.
  override getColumnType(): string {
    return "datetime";
  }
}
