import { Field, ObjectType } from "type-graphql";

import { cursorOf } from "./cursor.js";
import type { Listing } from "./post-list.js";
import type { PostReads } from "./post.reads.js";
import type { ListOrder } from "./order.js";
import type { PostPage } from "./post.rows.js";
import type { ListSelection } from "./selection.js";
import { PostType } from "../post.type.js";

@ObjectType({ simpleResolvers: true, description: "Where a page stands in its list." })
class PageInfo {
  @Field(() => Boolean, { description: "Whether more follow after this page." })
  readonly hasNextPage: boolean;

  @Field(() => Boolean, { description: "Whether any stand before this page." })
  readonly hasPreviousPage: boolean;

  constructor(
    page: PostPage,
    private readonly order: ListOrder,
  ) {
    this.hasNextPage = page.hasNextPage;
    this.hasPreviousPage = page.hasPreviousPage;
    this.positions = page.positions;
  }

  private readonly positions: PostPage["positions"];

  @Field(() => String, {
    nullable: true,
    description: "The first edge's cursor, to pass as before for the page before; null on an empty page.",
  })
  get startCursor(): string | null {
    return this.cursorAt(0);
  }

  @Field(() => String, {
    nullable: true,
    description: "The last edge's cursor, to pass as after for the next page; null on an empty page.",
  })
  get endCursor(): string | null {
    return this.cursorAt(-1);
  }

  private cursorAt(index: 0 | -1): string | null {
    const position = this.positions().at(index);
    return position === undefined ? null : cursorOf(this.order, position);
  }
}

@ObjectType({ simpleResolvers: true, description: "A post and its place in the list." })
class PostEdge {
  @Field(() => String, { description: "This place in the list; opaque, and good in lists of the same order." })
  readonly cursor: string;

  @Field(() => PostType, { description: "The post." })
  readonly node: PostType;

  constructor(post: PostType, cursor: string) {
    this.cursor = cursor;
    this.node = post;
  }
}

/**
 * A page in the shape of Relay's cursor connections; the resolver adds `totalCount`. What nobody asked for is not made.
 */
@ObjectType({ description: "A page of posts." })
export class PostConnection {
  constructor(
    private readonly page: PostPage,
    /** The list that it is a page of. */
    readonly listing: Listing,
    /** The reads that it came from, which are those of its viewer. */
    readonly reads: PostReads,
  ) {}

  @Field(() => [PostEdge], { description: "The posts with their cursors." })
  get edges(): PostEdge[] {
    const { posts, positions } = this.page;
    const places = posts.length === 0 ? [] : positions();
    return posts.map((post, index) => new PostEdge(post, cursorOf(this.listing.order, places[index]!)));
  }

  @Field(() => [PostType], { description: "The posts alone." })
  get nodes(): readonly PostType[] {
    return this.page.posts;
  }

  @Field(() => PageInfo, { description: "Where the page stands." })
  get pageInfo(): PageInfo {
    return new PageInfo(this.page, this.listing.order);
  }
}

/** The nodes of a page as JSON or, where it is told what an edge has, its edges. */
export function listAsJson(
  { posts, positions }: PostPage<Buffer>,
  { order }: Listing,
  edge: ListSelection["edge"],
): Buffer[] {
  if (edge === undefined) return jsonList(posts.map((post) => [post]));
  const places = positions();
  return jsonList(
    posts.map((node, index) => {
      const values = { __typename: '"PostEdge"', cursor: `"${cursorOf(order, places[index]!)}"`, node };
      const members = edge.flatMap(({ key, field }, place) => [`${place === 0 ? "{" : ","}"${key}":`, values[field]]);
      return [...members, "}"].map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
    }),
  );
}

const [opening, comma, closing] = [Buffer.from("["), Buffer.from(","), Buffer.from("]")];

function jsonList(items: readonly (readonly Buffer[])[]): Buffer[] {
  return [opening, ...items.flatMap((item, index) => (index === 0 ? item : [comma, ...item])), closing];
}
