import { unindexed } from "../../../database/dialect.js";
import { joinSql, Sql, sql } from "../../../database/sql.js";
import { boundConditions, type Bound, type Bounds } from "../../../kit/paging/keyset.js";

export type Comparison = ">" | ">=" | "<=" | "<";

// Ids are ASCII, so these sort before and after all of them.
export const beforeAllIds = "";
const afterAllIds = "~";

/** The conditions of a range, and its bounds, which every limit of the key narrows. */
export class RangeConditions {
  private readonly conditions: Sql[] = [];
  private readonly column: string;
  /** Whether the database searches by `listed_at` although the list is in another order. */
  private readonly isByDate: boolean;
  private bounds: Bounds;

  constructor({ column, isByDate, bounds }: { column: string; isByDate: boolean; bounds: Bounds }) {
    this.column = column;
    this.isByDate = isByDate;
    this.bounds = bounds;
  }

  add(condition: Sql): void {
    this.conditions.push(condition);
  }

  limit(column: "listed_at" | "created_at", operator: Comparison, date: Date | undefined): void {
    if (date === undefined) return;
    if (column === this.column) {
      this.narrow(operator, date);
      return;
    }
    const plain = new Sql(`p.${column}`);
    const name = this.isByDate && column === "listed_at" ? plain : unindexed(plain);
    this.add(sql`${name} ${new Sql(operator)} ${date}`);
  }

  joined(key: Sql): Sql {
    return joinSql([...this.conditions, ...boundConditions(key, new Sql("p.id"), this.bounds)], " and ");
  }

  private narrow(operator: Comparison, date: Date): void {
    const { above, below } = this.bounds;
    const isBeforeAll = operator === "<" || operator === ">=";
    const bound = { key: date.getTime(), id: isBeforeAll ? beforeAllIds : afterAllIds, inclusive: false };
    if (operator.startsWith(">")) this.bounds = { above: higherOf(above, bound), below };
    else this.bounds = { above, below: lowerOf(below, bound) };
  }
}

const higherOf = (a: Bound | undefined, b: Bound): Bound => (a !== undefined && compare(a, b) > 0 ? a : b);
const lowerOf = (a: Bound | undefined, b: Bound): Bound => (a !== undefined && compare(a, b) < 0 ? a : b);

function compare(a: Bound, b: Bound): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return 0;
}
