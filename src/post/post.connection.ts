import { Field, ObjectType } from "type-graphql";

import type { Viewer } from "../auth.js";
import { cursorOf } from "./post.cursor.js";
import { Post } from "./post.entity.js";
import type { PostPage } from "./post.reads.js";

@ObjectType({ simpleResolvers: true, description: "Where a page stands in its list." })
class PageInfo {
  @Field(() => Boolean, { description: "Whether more follow after this page." })
  readonly hasNextPage: boolean;

  @Field(() => Boolean, { description: "Whether any stand before this page." })
  readonly hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: "The first edge's cursor; null on an empty page." })
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
  @Field(() => String, { description: "This place in the list; opaque." })
  readonly cursor: string;

  @Field(() => Post, { description: "The post." })
  readonly node: Post;

  constructor(post: Post) {
    this.cursor = cursorOf(post);
    this.node = post;
  }
}

/** A page in the shape of Relay's cursor connections; the resolver adds `totalCount`. */
@ObjectType({ description: "A page of posts." })
export class PostConnection {
  @Field(() => [PostEdge], { description: "The posts with their cursors.", simple: true })
  readonly edges: readonly PostEdge[];

  @Field(() => [Post], { description: "The posts alone.", simple: true })
  readonly nodes: readonly Post[];

  @Field(() => PageInfo, { description: "Where the page stands.", simple: true })
  readonly pageInfo: PageInfo;

  constructor(
    page: PostPage,
    /** Who was shown this page, and is to be counted for. */
    readonly viewer: Viewer | undefined,
  ) {
    this.nodes = page.posts;
    this.edges = page.posts.map((post) => new PostEdge(post));
    this.pageInfo = new PageInfo(page, this.edges);
  }
}
