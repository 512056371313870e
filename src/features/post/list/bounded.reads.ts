import type { Sql } from "../../../database/sql.js";
import type { Context } from "../../../kit/context.js";
import type { PageRequest } from "../../../kit/paging/page-request.js";
import { pageOf, type Page } from "../../../kit/paging/page.js";
import { PostOrderField } from "./order.js";
import { pagesStatement, pageStatement, type PageQuery, type PageRow } from "./page.statements.js";
import { bytesOf, type PostShape } from "./post-json.js";
import type { Listing } from "./listing.js";
import { postsStatement, postStatement, type PostsRow, type Reading, type Wanted } from "./post.statements.js";
import type { PostSelection } from "./selection.js";

// A character of JSON may take this many bytes in UTF-8, or stand in the response this often unless much is aliased.
const bytesOfCharacter = 6;
// Up to this size, contents are read before they are measured.
const readAtOnceBytes = 1024 * 1024;

/** A page of one list. */
export type PageOfList = { readonly listing: Listing; readonly request: PageRequest };

/** Parses the posts of a page, and counts their bytes in the response. */
type PageFormat<Posts, One> = {
  readonly parse: (posts: Posts) => One[];
  readonly count: (items: readonly One[], posts: Posts) => void;
};

/** Reads posts, and counts their bytes, so that an operation ends before its response gets too large. */
export class BoundedReads {
  constructor(
    private readonly operation: Pick<Context, "reader" | "answer">,
    private readonly reading: Reading,
  ) {}

  /** Reads a page of one list. Its posts are measured after they are read, unless one of them is too long for that. */
  async page<Posts extends string | Buffer, One>(
    page: PageOfList,
    selection: PostSelection,
    { parse, count }: PageFormat<Posts, One>,
  ): Promise<Page<One>> {
    const { reading } = this;
    const { listing, request } = page;
    const [row] = await this.operation.reader.all<PageRow<Posts>>(
      () =>
        pageStatement(
          { reading, listing, request },
          { ...selection, roomOfEach: this.roomOfEach(selection, request.size + 1) },
        ),
      costOf(listing),
      true,
    );
    if (row!.posts !== null) {
      const read = pageOf(row!, request, parse(row!.posts));
      count(read.items, row!.posts);
      return read;
    }
    const [large] = await this.pages<Posts>(page, selection);
    return pageOf(large!, request, parse(large!.posts!));
  }

  /** Reads the same page of each author's list or, without authors, a page of one list. */
  pages<Posts extends string | Buffer>(
    { listing, request }: PageOfList,
    selection: PostSelection,
    authorIds?: readonly string[],
  ): Promise<PageRow<Posts>[]> {
    const query: PageQuery = { reading: this.reading, listing, request, authorIds };
    return this.rows(selection, (wanted) => pagesStatement(query, wanted), costOf(listing));
  }

  /** Reads the posts of these ids that the viewer may see. */
  async posts<Posts extends string | Buffer>(ids: readonly string[], selection: PostSelection): Promise<Posts> {
    const statement = (wanted: Wanted) => postsStatement(this.reading, ids, wanted);
    const [row] = await this.rows<PostsRow<Posts>>(selection, statement, "indexed");
    return row!.posts!;
  }

  /** Reads a post as JSON: null if the viewer may see none, undefined if it may be too large. */
  async postAsJson(
    id: string,
    selection: PostSelection & { readonly shape: PostShape },
  ): Promise<Buffer | null | undefined> {
    const { reader, answer } = this.operation;
    const [row] = await reader.all<{ post: Buffer | string | null }>(
      () => postStatement(this.reading, id, { ...selection, roomOfEach: this.roomOfEach(selection, 1) }),
      "indexed",
      true,
    );
    if (row === undefined) return null;
    if (row.post === null) return undefined;
    const post = bytesOf(row.post);
    answer.add(post.length);
    return post;
  }

  /** Counts text that was read from the database, by the most bytes that it may take. */
  countAtMost(text: { readonly length: number }): void {
    this.operation.answer.addAtMost(text.length * bytesOfCharacter);
  }

  /** Reads rows of posts. Contents that are too large to be read at once are counted first, which may end the operation. */
  private async rows<Row extends PostsRow<string | Buffer>>(
    selection: PostSelection,
    statement: (wanted: Wanted) => Sql,
    cost: "indexed" | "scan",
  ): Promise<Row[]> {
    const { reader, answer } = this.operation;
    const read = (room: () => number) => reader.all<Row>(() => statement({ ...selection, room: room() }), cost);
    let counted = 0;
    const count = (bytes = 0) => {
      answer.add(bytes - counted);
      counted = bytes;
    };
    let rows = await read(() => Math.min(answer.remaining(), readAtOnceBytes));
    count(rows[0]?.contentBytes);
    while (rows[0]?.posts === null) {
      rows = await read(() => counted);
      count(rows[0]?.contentBytes);
    }
    for (const { posts } of rows) this.countAtMost(posts!);
    return rows;
  }

  /** Returns how long each content may be, if it is read before it is measured. */
  private roomOfEach({ contentTimes }: PostSelection, posts: number): number {
    const room = Math.min(this.operation.answer.remaining(), readAtOnceBytes);
    return Math.floor(room / (posts * contentTimes * bytesOfCharacter));
  }
}

/** Returns the cost of a list: a search, and a filter against the order, may look at every post to find a page. */
function costOf({ search, order, createdAfter, createdBefore }: Listing): "indexed" | "scan" {
  const againstOrder =
    (createdAfter !== undefined || createdBefore !== undefined) && order.field !== PostOrderField.CREATED_AT;
  return search !== undefined || againstOrder ? "scan" : "indexed";
}
