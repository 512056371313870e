import { joinSql, Sql, sql } from "../../database/sql.js";

/** What SQL can say of an author as JSON. */
export type AuthorField = "__typename" | "id" | "name" | "createdAt";
/** What SQL can say of a post as JSON, its author apart. */
export type PlainPostField =
  | "__typename"
  | "id"
  | "title"
  | "content"
  | "publishedAt"
  | "published"
  | "status"
  | "createdAt"
  | "updatedAt"
  | "voteCount"
  | "version"
  | "viewerHasVoted";

/** How a post stands in an answer: each of its response keys, in order, with what stands there. */
export type PostShape = readonly {
  readonly key: string;
  readonly field: PlainPostField | readonly { readonly key: string; readonly field: AuthorField }[];
}[];

const text = (column: string) => new Sql(`json_quote(${column})`);
// As JavaScript writes a date: UTC, with milliseconds.
const instant = (column: string) =>
  new Sql(`coalesce('"' || strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch') || '"', 'null')`);

const authorFields: Readonly<Record<AuthorField, Sql>> = {
  __typename: sql`'"User"'`,
  id: text("p.author_id"),
  name: text("u.name"),
  createdAt: instant("u.created_at"),
};

function postField(field: PlainPostField, now: Date): Sql {
  switch (field) {
    case "__typename":
      return sql`'"Post"'`;
    case "id":
      return text("p.id");
    case "title":
      return text("p.title");
    case "content":
      return text("p.content");
    case "publishedAt":
      return instant("p.published_at");
    // As `statusAt` has it.
    case "published":
      return sql`iif(p.published_at <= ${now}, 'true', 'false')`;
    case "status":
      return sql`case when p.published_at is null then '"DRAFT"' when p.published_at <= ${now} then '"PUBLISHED"' else '"SCHEDULED"' end`;
    case "createdAt":
      return instant("p.created_at");
    case "updatedAt":
      return instant("p.updated_at");
    case "voteCount":
      return sql`p.vote_count`;
    case "version":
      return sql`p.version`;
    case "viewerHasVoted":
      return sql`iif(v.user_id is not null, 'true', 'false')`;
  }
}

/** What stands between posts as JSON, in SQL `char(30)`: a control character, which JSON has only in escaped form. */
const separator = 0x1e;

/** Posts as JSON, one after the other: bytes, as they are sent, which no text is made of on the way. */
export function joinedPosts(posts: Sql, order?: Sql): Sql {
  const joined =
    order === undefined
      ? sql`group_concat(${posts}, char(30))`
      : sql`group_concat(${posts}, char(30) order by ${order})`;
  return sql`cast(coalesce(${joined}, '') as blob)`;
}

/** The JSON of each of them. */
export function separatePosts(joined: Buffer): Buffer[] {
  const posts: Buffer[] = [];
  for (let start = 0; start < joined.length;) {
    const found = joined.indexOf(separator, start);
    const end = found === -1 ? joined.length : found;
    posts.push(joined.subarray(start, end));
    start = end + 1;
  }
  return posts;
}

/** A post as JSON. */
export function postAsJson(shape: PostShape, now: Date): Sql {
  const values: Sql[] = [];
  // The keys are GraphQL names, which need no quoting in a format, in SQL or in JSON.
  const format = objectOf(
    shape.map(({ key, field }) => {
      if (typeof field === "string") values.push(postField(field, now));
      else values.push(...field.map((one) => authorFields[one.field]));
      return `"${key}":${typeof field === "string" ? "%s" : objectOf(field.map((one) => `"${one.key}":%s`))}`;
    }),
  );
  return sql`format(${joinSql([new Sql(`'${format}'`), ...values], ", ")})`;
}

const objectOf = (members: readonly string[]) => `{${members.join(",")}}`;
