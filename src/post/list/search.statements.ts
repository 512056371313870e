import { joinSql, limit, Sql, sql, type SqlValue } from "../../database/sql.js";
import { isInOneOf, type VisibilityScope } from "../post.visibility.js";
import { boundConditions, type Bounds } from "../../paging/keyset.js";
import { keyColumns } from "./keyset.js";
import { rankedMatches, type Listing } from "./post-list.js";
import type { Source } from "./list-source.js";

/** What `matches` holds: the posts that match a search, for any order. */
export const amongMatches: Source = {
  range: (bounds, rising, take) => {
    const order = new Sql(rising ? "asc" : "desc");
    return sql`select key, id from matches where ${within(bounds)} order by key ${order}, id ${order} ${limit(take)}`;
  },
  any: (bounds) => sql`exists (select 1 from matches where ${within(bounds)})`,
  count: () => sql`(select count(*) from matches)`,
};

const within = (bounds: Bounds): Sql =>
  joinSql([sql`true`, ...boundConditions(new Sql("key"), new Sql("id"), bounds)], " and ");

/**
 * Key and id of the posts that match a search; where they are ordered by that, of the best. These are taken in the
 * order of their points, newest first, and posts are looked at until there are enough of them that can be seen.
 */
export function matchesOf(
  { order, search, authorId, createdAfter, createdBefore }: Listing,
  scopes: readonly VisibilityScope[],
): Sql {
  if (search === undefined || search === "nothing") return sql`select null as key, null as id where false`;
  const filters: Sql[] = [isInOneOf(scopes)];
  const filter = (condition: (value: SqlValue) => Sql, value: SqlValue | undefined) => {
    if (value !== undefined) filters.push(condition(value));
  };
  filter((author) => sql`p.author_id = ${author}`, authorId);
  filter((date) => sql`p.created_at > ${date}`, createdAfter);
  filter((date) => sql`p.created_at < ${date}`, createdBefore);

  const ranked = order.field === "MATCH";
  const key = new Sql(ranked ? "found.points" : `p.${keyColumns[order.field]}`);
  // The inner limit is none. Without one, SQLite leaves out the order of what stands in a join.
  const found = ranked
    ? sql`select s.rowid as number, sum(q.value ->> 'points') as points
        from json_each(${JSON.stringify(search.points)}) q cross join post_search s on s.post_search match (q.value ->> 'match')
        group by s.rowid order by points desc, number desc limit -1`
    : sql`select rowid as number from post_search where post_search match ${search.match}`;
  return sql`select ${key} as key, p.id as id from (${found}) found
    cross join post_search_keys k on k.key = found.number cross join posts p on p.id = k.post_id
    where ${joinSql(filters, " and ")} ${ranked ? limit(rankedMatches) : sql``}`;
}
