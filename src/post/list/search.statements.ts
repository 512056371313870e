import { inDialect, joinSql, limit, Sql, sql, type SqlValue } from "../../database/sql.js";
import { isInOneOf, type VisibilityScope } from "../post.visibility.js";
import { boundConditions, type Bounds } from "../../paging/keyset.js";
import { keyColumns } from "./keyset.js";
import { rankedMatches, type Listing } from "./post-list.js";
import type { Source } from "./list-source.js";
import type { Search } from "./search.js";

// The other words only have to occur: people type two or three, and each costs two look-ups.
const rankedWords = 8;
const titlePoints = 4;
const wordPoints = 2;

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
  const ranked = order.field === "MATCH";
  if (search === undefined || search === "nothing") {
    const key = new Sql(ranked ? "0" : `p.${keyColumns[order.field]}`);
    return sql`select ${key} as key, p.id as id from posts p where false`;
  }
  const filters: Sql[] = [isInOneOf(scopes)];
  const filter = (condition: (value: SqlValue) => Sql, value: SqlValue | undefined) => {
    if (value !== undefined) filters.push(condition(value));
  };
  filter((author) => sql`p.author_id = ${author}`, authorId);
  filter((date) => sql`p.created_at > ${date}`, createdAfter);
  filter((date) => sql`p.created_at < ${date}`, createdBefore);

  const key = new Sql(ranked ? "found.points" : `p.${keyColumns[order.field]}`);
  const found = inDialect((dialect) => (dialect.name === "sqlite" ? inFts5 : inTsvector)(search, ranked));
  return sql`select ${key} as key, p.id as id from ${found} where ${joinSql(filters, " and ")} ${ranked ? best : sql``}`;
}

// SQLite finds them in this order already, and can stop when it has enough.
const best = inDialect(({ name }) =>
  name === "sqlite" ? limit(rankedMatches) : sql`order by found.points desc, p.id desc ${limit(rankedMatches)}`,
);

/**
 * The posts `p` that match, with their points where they are ranked: the best first. A word in the title counts more than
 * a whole one anywhere, and that more than the beginning of one. Only a post's own text counts: how often a word occurs
 * elsewhere would tell of posts that the viewer can't see. Words hold neither quotes nor operators.
 *
 * @see https://www.sqlite.org/fts5.html#full_text_query_syntax
 */
function inFts5({ words }: Search, ranked: boolean): Sql {
  const all = words.map((word) => `"${word}"*`).join(" ");
  const points = words.slice(0, rankedWords).flatMap((word) => [
    { match: `(${all}) AND ({title} : "${word}"*)`, points: titlePoints },
    { match: `(${all}) AND ("${word}")`, points: wordPoints },
  ]);
  // The inner limit is none. Without one, SQLite leaves out the order of what stands in a join.
  const found = ranked
    ? sql`select s.rowid as number, sum(q.value ->> 'points') as points
        from json_each(${JSON.stringify([{ match: all, points: 1 }, ...points])}) q
        cross join post_search s on s.post_search match (q.value ->> 'match')
        group by s.rowid order by points desc, number desc limit -1`
    : sql`select rowid as number from post_search where post_search match ${all}`;
  return sql`(${found}) found cross join post_search_keys k on k.key = found.number cross join posts p on p.id = k.post_id`;
}

const tsquery = (word: string, label: string): Sql => sql`${`'${word}'${label}`}::tsquery`;

/** The same in a column of type `tsvector`, in which the words of titles have the weight A. */
function inTsvector({ words }: Search, ranked: boolean): Sql {
  const all = joinSql(
    words.map((word) => tsquery(word, ":*")),
    " && ",
  );
  const points = words.slice(0, rankedWords).map(
    (word) => sql`case when s.words @@ ${tsquery(word, ":*A")} then ${titlePoints} else 0 end
        + case when s.words @@ ${tsquery(word, "")} then ${wordPoints} else 0 end`,
  );
  const found = ranked ? sql`1 + ${joinSql(points, " + ")}` : sql`null`;
  return sql`(select s.post_id, ${found} as points from post_search s where s.words @@ (${all})) found join posts p on p.id = found.post_id`;
}
