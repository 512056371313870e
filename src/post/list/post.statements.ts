import { joinSql, Sql, sql, type SqlValue } from "../../database/sql.js";
import { rankedMatches, type Listing, type Window } from "./post-list.js";
import { OrderDirection } from "./order.js";
import { meetsOne, type Ground } from "../post.visibility.js";
import {
  anyWithin,
  boundAt,
  boundConditions,
  boundsOf,
  countOf,
  keyColumns,
  stretchOf,
  type Bounds,
} from "./keyset.js";

/** Who reads: their grounds for seeing posts, and whose votes to tell. */
export type Reading = { readonly grounds: readonly Ground[]; readonly viewerId: string | undefined };

/** One list or, where authors are named, one of each. */
export type Lists = { readonly listing: Listing; readonly authorIds: readonly string[] | undefined };

/** A post as the database hands it over: the values of `postColumns`, dates in milliseconds since 1970. */
export type PostRow = readonly [
  id: string,
  authorId: string,
  authorName: string,
  authorCreatedAt: number,
  title: string,
  content: string,
  publishedAt: number | null,
  createdAt: number,
  updatedAt: number,
  voteCount: number,
  version: number,
  viewerHasVoted: 0 | 1,
];
/** What a page is answered as: a row for each list and author. */
export type PageRow = {
  readonly slot: number;
  readonly author: string | null;
  /** JSON of `[key, ...PostRow][]`: one more than asked for where there are more. */
  readonly posts: string;
  /** Whether anything lies before the cursor `after` or within the offset, and after the cursor `before`. */
  readonly precedes: 0 | 1;
  readonly follows: 0 | 1;
};
export type CountRow = { readonly slot: number; readonly author: string | null; readonly count: number };

const postColumns = new Sql(
  "p.id, p.author_id, u.name, u.created_at, p.title, p.content, p.published_at, p.created_at, p.updated_at, p.vote_count, p.version, v.user_id is not null",
);

/** What `postColumns` needs beside `p`. Cross joins, so that no planner begins with the authors. */
const aroundPost = (viewerId: string | undefined) =>
  sql`cross join users u on u.id = p.author_id left join votes v on v.post_id = p.id and v.user_id = ${viewerId ?? null}`;

/** The posts of these ids that can be seen. */
export function postsStatement({ grounds, viewerId }: Reading, ids: readonly string[]): Sql {
  return sql`select json_group_array(json_array(${postColumns})) as posts from json_each(${JSON.stringify(ids)}) i cross join posts p on p.id = i.value ${aroundPost(viewerId)} where ${meetsOne(grounds)}`;
}

/** Which of these users have posts that can be seen. */
export function authorsStatement({ grounds }: Reading, userIds: readonly string[]): Sql {
  return sql`select i.value as id from json_each(${JSON.stringify(userIds)}) i where exists (select 1 from posts p where p.author_id = i.value and ${meetsOne(grounds)})`;
}

/** Which of these posts a user has voted for. */
export function votedStatement(userId: string, postIds: readonly string[]): Sql {
  return sql`select v.post_id as id from json_each(${JSON.stringify(postIds)}) i cross join votes v on v.post_id = i.value where v.user_id = ${userId}`;
}

/** Pages of several lists at once, with their authors, votes, and whether anything precedes and follows. */
export function pagesStatement(reading: Reading, pages: readonly (Lists & { readonly window: Window })[]): Sql {
  return inSlots(
    pages,
    (page, source) => {
      const { listing, window } = page;
      const { order } = listing;
      const rising = (order.direction === OrderDirection.ASC) !== window.fromEnd;
      const turn = new Sql(rising ? "asc" : "desc");
      const { after, before, size, offset } = window;

      const candidates = source.stretch(
        boundsOf(order.direction, boundAt(after, false), boundAt(before, false)),
        rising,
        offset + size + 1,
      );
      const posts = sql`(select json_group_array(json_array(c.key, ${postColumns}) order by c.key ${turn}, c.id ${turn})
      from (select key, id from (${candidates}) order by key ${turn}, id ${turn} limit ${size + 1} offset ${offset}) c
      cross join posts p on p.id = c.id ${aroundPost(reading.viewerId)})`;
      // Whatever an offset passes over precedes the page, even one beyond the list's end.
      const precedes =
        after !== undefined
          ? source.any(boundsOf(order.direction, undefined, boundAt(after, true)))
          : offset > 0
            ? source.any({})
            : sql`0`;
      const follows =
        before === undefined ? sql`0` : source.any(boundsOf(order.direction, boundAt(before, true), undefined));
      return sql`${posts} as posts, ${precedes} as precedes, ${follows} as follows`;
    },
    reading,
  );
}

/** How many posts several lists have. */
export function countsStatement(reading: Reading, lists: readonly Lists[]): Sql {
  return inSlots(lists, (_, source) => sql`${source.count} as count`, reading);
}

/** Where a list's posts come from: key and id of those within bounds, whether there are any, and how many in all. */
type Source = {
  readonly stretch: (bounds: Bounds, rising: boolean, take: number) => Sql;
  readonly any: (bounds: Bounds) => Sql;
  readonly count: Sql;
};

/** One statement for all: a row for each list or, where it is of several authors, for each of them. */
function inSlots<OneOrMore extends Lists>(
  lists: readonly OneOrMore[],
  columns: (list: OneOrMore, source: Source) => Sql,
  reading: Reading,
): Sql {
  const selections = lists.map((list, slot) => {
    const { listing, authorIds } = list;
    const grounds = reading.grounds.filter(({ status }) => listing.status === undefined || listing.status === status);
    const name = new Sql(String(slot));
    if (listing.search === undefined && authorIds !== undefined)
      return sql`select ${name} as slot, a.value as author, ${columns(list, walked(listing, grounds, new Sql("a.value")))} from json_each(${JSON.stringify(authorIds)}) a`;
    if (listing.search === undefined)
      return sql`select ${name} as slot, null as author, ${columns(list, walked(listing, grounds, undefined))}`;
    return sql`select * from (with matches as materialized (${matchesOf(listing, grounds)}) select ${name} as slot, null as author, ${columns(list, amongMatches)})`;
  });
  return joinSql(selections, " union all ");
}

/** All that can be seen, found by walking along the order. */
function walked(listing: Listing, grounds: readonly Ground[], author: Sql | undefined): Source {
  const nothing = sql`select null as key, null as id where false`;
  return {
    stretch: (bounds, rising, take) =>
      joinSql(
        [
          nothing,
          ...grounds.map((ground) => sql`select * from (${stretchOf(listing, ground, author, bounds, rising, take)})`),
        ],
        " union all ",
      ),
    any: (bounds) =>
      sql`(${joinSql([sql`false`, ...grounds.map((ground) => anyWithin(listing, ground, author, bounds))], " or ")})`,
    count: joinSql([sql`0`, ...grounds.map((ground) => countOf(listing, ground, author))], " + "),
  };
}

/** What `matches` holds: the posts that match a search, for any order. */
const amongMatches: Source = {
  stretch: (bounds, rising, take) => {
    const turn = new Sql(rising ? "asc" : "desc");
    return sql`select key, id from matches where ${matchesWithin(bounds)} order by key ${turn}, id ${turn} limit ${take}`;
  },
  any: (bounds) => sql`exists (select 1 from matches where ${matchesWithin(bounds)})`,
  count: sql`(select count(*) from matches)`,
};

const matchesWithin = (bounds: Bounds): Sql =>
  joinSql([sql`true`, ...boundConditions(new Sql("key"), bounds, new Sql("id"))], " and ");

/** Key and id of the posts that match a search; where they are ordered by that, of the best. */
function matchesOf({ order, search, authorId, createdAfter, createdBefore }: Listing, grounds: readonly Ground[]): Sql {
  if (search === undefined || search === "nothing") return sql`select null as key, null as id where false`;
  const ranked = order.field === "MATCH";
  const asked = ranked ? search.points : [{ match: search.match, points: 0 }];
  const key = new Sql(ranked ? "found.points" : `p.${keyColumns[order.field]}`);
  const filters: Sql[] = [meetsOne(grounds)];
  const filter = (condition: (value: SqlValue) => Sql, value: SqlValue | undefined) => {
    if (value !== undefined) filters.push(condition(value));
  };
  filter((author) => sql`p.author_id = ${author}`, authorId);
  filter((date) => sql`p.created_at > ${date}`, createdAfter);
  filter((date) => sql`p.created_at < ${date}`, createdBefore);
  return sql`select ${key} as key, p.id as id
    from (select s.rowid as number, sum(q.value ->> 'points') as points
      from json_each(${JSON.stringify(asked)}) q cross join post_search s on s.post_search match (q.value ->> 'match') group by s.rowid) found
    cross join post_search_keys k on k.key = found.number
    cross join posts p on p.id = k.post_id
    where ${joinSql(filters, " and ")}
    ${ranked ? sql`order by key desc, id desc limit ${rankedMatches}` : sql``}`;
}
