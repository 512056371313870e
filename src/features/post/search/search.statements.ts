import { joinInOrder } from "../../../database/dialect.js";
import { inDialect, joinSql, limit, Sql, sql } from "../../../database/sql.js";
import { OrderDirection } from "../../../kit/paging/page-request.js";
import { boundConditions, type Bounds, type KeysetSource } from "../../../kit/paging/keyset.js";
import { isInOneOf, type VisibilityScope } from "../post-visibility.js";
import type { AskedWord } from "./words.js";
import { keyColumns, PostOrderField } from "../list/order.js";
import { newestMatches, rankedMatches, type Listing } from "../list/listing.js";
import { firstOfRange, rangeOf } from "../list/range.statements.js";
import type { Search } from "./search.js";

// Further words only have to occur: people type two or three, and each costs two look-ups.
const rankedWords = 8;
const titlePoints = 4;
const wordPoints = 2;

// PostgreSQL sorts up to this many matches. If there are more, it reads the posts from the newest on, and soon finds enough
// matches. Both cost about the same at this number in a table of 1.5 million posts.
const sortedMatches = 120_000;

/** Finds the posts of `matches`. */
export const matchesSource: KeysetSource = {
  range(bounds, rising, take) {
    const order = new Sql(rising ? "asc" : "desc");
    return sql`select key, id from matches where ${within(bounds)} order by key ${order}, id ${order} ${limit(take)}`;
  },
  any: (bounds) => sql`exists (select 1 from matches where ${within(bounds)})`,
};

const within = (bounds: Bounds): Sql =>
  joinSql([sql`true`, ...boundConditions(new Sql("key"), new Sql("id"), bounds)], " and ");

/**
 * Returns the common table expressions of a search. `newest` has the newest matches that the viewer may see: up to one more
 * than a search lists, which shows that there are more. `matches` has key and id of the posts in the list: the best of them
 * or, if an order is given, all.
 */
export function searchCtes(listing: Listing, scopes: readonly VisibilityScope[]): Sql {
  const { search, order } = listing;
  if (search === undefined || search === "nothing" || scopes.length === 0) {
    const key = new Sql(order.field === "MATCH" ? "0" : `p.${keyColumns[order.field]}`);
    const none = sql`select ${key} as key, p.id as id from posts p where false`;
    return sql`newest as materialized (${none}), matches as materialized (${none}),`;
  }
  const found = inDialect(({ name }) => (name === "sqlite" ? newestInFts5 : newestInVectors)(listing, search, scopes));
  const counted = sql`(select id, key from newest order by key desc, id desc ${limit(newestMatches)}) n`;
  const matches =
    order.field === "MATCH"
      ? inDialect(({ name }) => (name === "sqlite" ? rankedInFts5 : rankedInVectors)(search, counted))
      : sql`select ${new Sql(`p.${keyColumns[order.field]}`)} as key, p.id as id from ${counted} ${joinInOrder} posts p on p.id = n.id`;
  return sql`${found}, matches as materialized (${matches}),`;
}

function filtersOf({ createdAfter, createdBefore }: Listing, scopes: readonly VisibilityScope[]): Sql[] {
  const filters = [isInOneOf(scopes)];
  if (createdAfter !== undefined) filters.push(sql`p.created_at > ${createdAfter}`);
  if (createdBefore !== undefined) filters.push(sql`p.created_at < ${createdBefore}`);
  return filters;
}

/** Returns the author of all posts in a list; undefined if there may be several. */
function authorOf({ authorId }: Listing, scopes: readonly VisibilityScope[]): string | undefined {
  if (authorId !== undefined) return authorId;
  const [first] = scopes;
  return scopes.every((scope) => scope.authorId === first!.authorId) ? first!.authorId : undefined;
}

const inFts5 = ({ text, isWhole }: AskedWord): string => `"${text}"${isWhole ? "" : "*"}`;

/**
 * Selects SQLite's matches from the newest on, until there are enough. The key is the row number of the index. Words contain
 * neither quotes nor operators.
 *
 * @see https://www.sqlite.org/fts5.html#full_text_query_syntax
 */
function newestInFts5(listing: Listing, { words }: Search, scopes: readonly VisibilityScope[]): Sql {
  const filters = filtersOf(listing, scopes);
  const author = authorOf(listing, scopes);
  if (author !== undefined) {
    // Two conditions: the first skips the matches of other authors without reading their posts.
    filters.push(
      sql`+s.rowid in (select a.key from posts of cross join post_search_keys a on a.post_id = of.id where of.author_id = ${author})`,
      sql`p.author_id = ${author}`,
    );
  }
  return sql`newest as materialized (select k.key as key, p.id as id
    from post_search s cross join post_search_keys k on k.key = s.rowid cross join posts p on p.id = k.post_id
    where s.post_search match ${words.map(inFts5).join(" ")} and ${joinSql(filters, " and ")}
    order by s.rowid desc ${limit(newestMatches + 1)})`;
}

/**
 * Selects the best of the newest matches, with their points. A word in the title counts more than a whole word anywhere, which
 * counts more than the beginning of one. Only a post's own text counts: how often a word occurs elsewhere would reveal posts
 * that the viewer can't see.
 */
function rankedInFts5({ words }: Search, newest: Sql): Sql {
  const all = words.map(inFts5).join(" ");
  const points = words
    .slice(0, rankedWords)
    .flatMap((word) => [
      { match: `(${all}) AND ({title} : ${inFts5(word)})`, points: titlePoints },
      ...(word.isWhole ? [] : [{ match: `(${all}) AND ("${word.text}")`, points: wordPoints }]),
    ]);
  const more = sql`select s.rowid as number, q.value ->> 'points' as points
    from json_each(${JSON.stringify(points)}) q cross join post_search s
    where s.post_search match (q.value ->> 'match') and s.rowid >= (select min(key) from newest)`;
  return sql`select 1 + coalesce(more.points, 0) as key, n.id as id
    from ${newest} left join (select number, sum(points) as points from (${more}) group by number) more on more.number = n.key
    order by 1 desc, n.id desc ${limit(rankedMatches)}`;
}

/** @param weight the weight that the word must have, if any. */
function inTsquery({ text, isWhole }: AskedWord, weight = ""): string {
  const label = `${isWhole ? "" : "*"}${weight}`;
  return `'${text}'${label === "" ? "" : `:${label}`}`;
}

const tsquery = (query: string): Sql => sql`${query}::tsquery`;

/**
 * Selects PostgreSQL's newest matches. Its index has no order, so a few matches are sorted by their ids, which are in the order
 * of creation. If there are many, posts are read in the order of their creation. The key is the instant of creation.
 */
function newestInVectors(listing: Listing, { words }: Search, scopes: readonly VisibilityScope[]): Sql {
  const all = tsquery(words.map((word) => inTsquery(word)).join(" & "));
  const { authorId } = listing;
  const filters = filtersOf(listing, scopes);
  if (authorId !== undefined) filters.push(sql`p.author_id = ${authorId}`);
  const byCreation = { ...listing, order: { field: PostOrderField.CREATED_AT, direction: OrderDirection.DESC } };
  const hasWords = sql`(select s.words from post_search s where s.post_id = p.id) @@ ${all}`;
  const author = authorId === undefined ? undefined : sql`${authorId}`;
  const walked = scopes.map((scope) => {
    const range = rangeOf({ listing: byCreation, scope, author }, { condition: hasWords });
    return sql`select * from (${firstOfRange(range, {}, { rising: false, take: newestMatches + 1 })}) walk`;
  });
  const isCommon = sql`(select count(*) from hits) > ${sortedMatches}`;
  return sql`hits as materialized (select s.post_id from post_search s where s.words @@ ${all} ${limit(sortedMatches + 1)}),
    newest as materialized (select key, id from (
      (select p.created_at as key, p.id as id from (select post_id from hits order by post_id desc) h join posts p on p.id = h.post_id
        where not (${isCommon}) and ${joinSql(filters, " and ")} order by p.id desc ${limit(newestMatches + 1)})
      union all select * from (${joinSql(walked, " union all ")}) walked where ${isCommon}) found
      order by key desc, id desc ${limit(newestMatches + 1)})`;
}

/** Words of titles have the weight A in a column of type `tsvector`. */
function rankedInVectors({ words }: Search, newest: Sql): Sql {
  const points = words.slice(0, rankedWords).map((word) => {
    const inTitle = sql`case when s.words @@ ${tsquery(inTsquery(word, "A"))} then ${titlePoints} else 0 end`;
    if (word.isWhole) return inTitle;
    return sql`${inTitle} + case when s.words @@ ${tsquery(`'${word.text}'`)} then ${wordPoints} else 0 end`;
  });
  return sql`select 1 + ${joinSql(points, " + ")} as key, n.id as id from ${newest} join post_search s on s.post_id = n.id
    order by 1 desc, n.id desc ${limit(rankedMatches)}`;
}
