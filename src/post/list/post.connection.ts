import { Field, ObjectType } from "type-graphql";

import { cursorOf } from "./cursor.js";
import type { Listing } from "./post-list.js";
import type { PostReads } from "./post.reads.js";
import type { PostPage } from "./post.rows.js";
import { PostType } from "../post.type.js";

@ObjectType({ simpleResolvers: true, description: "Where a page stands in its list." })
class PageInfo {
  @Field(() => Boolean, { description: "Whether more follow after this page." })
  readonly hasNextPage: boolean;

  @Field(() => Boolean, { description: "Whether any stand before this page." })
  readonly hasPreviousPage: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The first edge's cursor, to pass as before for the page before; null on an empty page.",
  })
  readonly startCursor: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The last edge's cursor, to pass as after for the next page; null on an empty page.",
  })
  readonly endCursor: string | null;

  constructor(page: PostPage, edges: readonly PostEdge[]) {
    this.hasNextPage = page.hasNextPage;
    this.hasPreviousPage = page.hasPreviousPage;
    this.startCursor = edges.at(0)?.cursor ?? null;
    this.endCursor = edges.at(-1)?.cursor ?? null;
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

/** A page in the shape of Relay's cursor connections; the resolver adds `totalCount`. */
@ObjectType({ description: "A page of posts." })
export class PostConnection {
  @Field(() => [PostEdge], { description: "The posts with their cursors.", simple: true })
  readonly edges: readonly PostEdge[];

  @Field(() => [PostType], { description: "The posts alone.", simple: true })
  readonly nodes: readonly PostType[];

  @Field(() => PageInfo, { description: "Where the page stands.", simple: true })
  readonly pageInfo: PageInfo;

  constructor(
    page: PostPage,
    /** The list that it is a page of. */
    readonly listing: Listing,
    /** The reads that it came from, which are those of its viewer. */
    readonly reads: PostReads,
  ) {
    this.nodes = page.posts.map(({ post }) => post);
    this.edges = page.posts.map(({ post, position }) => new PostEdge(post, cursorOf(listing.order, position)));
    this.pageInfo = new PageInfo(page, this.edges);
  }
}
