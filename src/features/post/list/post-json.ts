import { joinedBytes, jsonOfInstant, jsonOfText } from "../../../database/dialect.js";
import { joinSql, Sql, sql } from "../../../database/sql.js";

/** The fields of an author that the database can write as JSON. */
export type AuthorField = "__typename" | "id" | "name" | "createdAt";
/** The fields of a post, except its author, that the database can write as JSON. */
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

/** The shape of a post in the response: its response keys in order, each with its field. */
export type PostShape = readonly {
  readonly key: string;
  readonly field: PlainPostField | readonly { readonly key: string; readonly field: AuthorField }[];
}[];

const textOf = (column: string) => jsonOfText(new Sql(column));
const instant = (column: string) => jsonOfInstant(new Sql(column));

const authorFields: Readonly<Record<AuthorField, Sql>> = {
  __typename: sql`'"User"'`,
  id: textOf("p.author_id"),
  name: textOf("u.name"),
  createdAt: instant("u.created_at"),
};

const storedFields = {
  id: textOf("p.id"),
  title: textOf("p.title"),
  content: textOf("p.content"),
  publishedAt: instant("p.published_at"),
  createdAt: instant("p.created_at"),
  updatedAt: instant("p.updated_at"),
};

function postField(field: PlainPostField, now: Date): Sql {
  switch (field) {
    case "__typename":
      return sql`'"Post"'`;
    case "id":
    case "title":
    case "content":
    case "publishedAt":
    case "createdAt":
    case "updatedAt":
      return storedFields[field];
    // The same rule as in `statusAt`.
    case "published":
      return sql`case when p.published_at <= ${now} then 'true' else 'false' end`;
    case "status":
      return sql`case when p.published_at is null then '"DRAFT"' when p.published_at <= ${now} then '"PUBLISHED"' else '"SCHEDULED"' end`;
    case "voteCount":
      return sql`p.vote_count`;
    case "version":
      return sql`p.version`;
    case "viewerHasVoted":
      return sql`case when v.user_id is null then 'false' else 'true' end`;
  }
}

/** The separator of posts as JSON, U+001E: a control character, which JSON has only in escaped form. */
const separator = 0x1e;

/** Joins posts as JSON. They are bytes if possible, so that they need not be decoded and encoded again. */
export const joinedPosts = joinedBytes;

/** Splits joined posts. */
export function separatePosts(text: Buffer | string): Buffer[] {
  const joined = bytesOf(text);
  const posts: Buffer[] = [];
  for (let start = 0; start < joined.length;) {
    const found = joined.indexOf(separator, start);
    const end = found === -1 ? joined.length : found;
    posts.push(joined.subarray(start, end));
    start = end + 1;
  }
  return posts;
}

/** Returns a text from the database as bytes. */
export const bytesOf = (text: Buffer | string): Buffer => (typeof text === "string" ? Buffer.from(text) : text);

/** Writes a post as JSON. */
export function postAsJson(shape: PostShape, now: Date): Sql {
  const values: Sql[] = [];
  // The keys are GraphQL names, which need no escaping in a format, in SQL or in JSON.
  const format = objectOf(
    shape.map(({ key, field }) => {
      if (typeof field === "string") values.push(postField(field, now));
      else values.push(...field.map((one) => authorFields[one.field]));
      return `"${key}":${typeof field === "string" ? "%s" : objectOf(field.map((one) => `"${one.key}":%s`))}`;
    }),
  );
  return sql`format(${joinSql([sql`${format}`, ...values], ", ")})`;
}

const objectOf = (members: readonly string[]) => `{${members.join(",")}}`;
