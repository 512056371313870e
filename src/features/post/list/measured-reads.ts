import type { Context } from "../../../kit/context.js";
import type { Sql } from "../../../database/sql.js";
import type { PageRequest } from "../../../kit/paging/page-request.js";
import { pageOf, type Page } from "../../../kit/paging/page.js";
import { PostOrderField } from "./order.js";
import { pagesStatement, pageStatement, type PageRow } from "./page.statements.js";
import type { Listing } from "./post-list.js";
import { bytesOf, type PostShape } from "./post.json.js";
import { postStatement, type PostsRow, type Reading, type Wanted } from "./post.statements.js";
import type { PostSelection } from "./selection.js";

// What a character of JSON may come to in UTF-8, and how often it may stand in an answer where nobody aliases much.
export const bytesOfCharacter = 6;
// What has so many bytes at most is read before it is measured exactly.
const readAtOnceBytes = 1024 * 1024;

/** Reads of posts that know what they add to the answer before there is no room for it. */
export function measuredReads({ reader, answer }: Pick<Context, "reader" | "answer">, reading: Reading) {
  /** Reads rows of posts, and counts what they add to the answer. */
  const rowsOf = async <Row extends PostsRow<string | Buffer>>(
    selection: PostSelection,
    statement: (wanted: Wanted) => Sql,
    cost: "indexed" | "scan",
  ): Promise<Row[]> => {
    const read = (room: () => number) => reader.all<Row>(() => statement({ ...selection, room: room() }), cost);
    let counted = 0;
    const count = (bytes = 0) => {
      answer.add(bytes - counted);
      counted = bytes;
    };
    let rows = await read(() => Math.min(answer.remaining(), readAtOnceBytes));
    count(rows[0]?.contentBytes);
    // What is larger is counted before it is read, which may end the operation.
    while (rows[0]?.posts === null) {
      rows = await read(() => counted);
      count(rows[0]?.contentBytes);
    }
    for (const { posts } of rows) answer.addAtMost(posts!.length * bytesOfCharacter);
    return rows;
  };

  const pageRows = <Posts extends string | Buffer>(
    listing: Listing,
    request: PageRequest,
    selection: PostSelection,
    authorIds?: readonly string[],
  ): Promise<PageRow<Posts>[]> =>
    rowsOf<PageRow<Posts>>(
      selection,
      (wanted) => pagesStatement(reading, listing, request, authorIds, wanted),
      costOf(listing),
    );

  /** How long each of so many contents may be, where it is read before it is measured. */
  const roomOfEach = ({ contentTimes }: PostSelection, posts: number): number =>
    Math.floor(Math.min(answer.remaining(), readAtOnceBytes) / (posts * contentTimes * bytesOfCharacter));

  /** A page of a list, whose posts are read and measured in one of two ways. */
  const onePage = async <Posts extends string | Buffer, One>(
    listing: Listing,
    request: PageRequest,
    selection: PostSelection,
    read: (posts: Posts) => One[],
    count: (posts: readonly One[], all: Posts) => void,
  ): Promise<Page<One>> => {
    const [row] = await reader.all<PageRow<Posts>>(
      () =>
        pageStatement(reading, listing, request, { ...selection, roomOfEach: roomOfEach(selection, request.size + 1) }),
      costOf(listing),
      true,
    );
    if (row!.posts !== null) {
      const page = pageOf(row!, request, read(row!.posts));
      count(page.items, row!.posts);
      return page;
    }
    const [large] = await pageRows<Posts>(listing, request, selection);
    return pageOf(large!, request, read(large!.posts!));
  };

  /** A post as it stands in the answer, null where there is none to be seen; undefined where it may be too large. */
  const onePost = async (
    id: string,
    selection: PostSelection & { readonly shape: PostShape },
  ): Promise<Buffer | null | undefined> => {
    const [row] = await reader.all<{ post: Buffer | string | null }>(
      () => postStatement(reading, id, { ...selection, roomOfEach: roomOfEach(selection, 1) }),
      "indexed",
      true,
    );
    if (row === undefined) return null;
    if (row.post === null) return undefined;
    const post = bytesOf(row.post);
    answer.add(post.length);
    return post;
  };

  return { rowsOf, pageRows, onePage, onePost };
}

/** A search, and a filter against the order, may have to look at every post before they find a page. */
function costOf({ search, order, createdAfter, createdBefore }: Listing): "indexed" | "scan" {
  const againstOrder =
    (createdAfter !== undefined || createdBefore !== undefined) && order.field !== PostOrderField.CREATED_AT;
  return search !== undefined || againstOrder ? "scan" : "indexed";
}
