import { Type } from "../database/mikro-orm.js";

/** The column type of an instant: whole milliseconds since 1970, so that no database rounds or shifts it. */
export class InstantType extends Type<Date | null, number | null> {
  override convertToDatabaseValue(instant: Date | string | null): number | null {
    return instant === null ? null : new Date(instant).getTime();
  }

  override convertToJSValue(stored: number | string | null): Date | null {
    // PostgreSQL's driver returns integers of eight bytes as text.
    return stored === null ? null : new Date(Number(stored));
  }

  // MikroORM would parse the column of a type that it knows as a date.
  override get runtimeType(): string {
    return "any";
  }

  override compareAsType(): string {
    return "number";
  }

  // For the migrations of SQLite. Those of PostgreSQL are written by hand.
  override getColumnType(): string {
    return "datetime";
  }
}
