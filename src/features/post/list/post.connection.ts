import { Field, ObjectType } from "type-graphql";

import type { PageRequest } from "../../../kit/paging/page-request.js";
import { MayBeRawJson, RawJson } from "../../../kit/raw-json.js";
import { cursorsOf, PageInfo, type Page } from "../../../kit/paging/page.js";
import { newestMatches, type Listing } from "./listing.js";
import type { PostReads } from "./post.reads.js";
import type { ListSelection } from "./selection.js";
import { PostType } from "../post.type.js";

@ObjectType({ simpleResolvers: true, description: "A post and its position in the list." })
class PostEdge {
  @Field(() => String, { description: "The position in the list; opaque, and valid in lists with the same order." })
  readonly cursor: string;

  @Field(() => PostType, { description: "The post." })
  readonly node: PostType;

  constructor(post: PostType, cursor: string) {
    this.cursor = cursor;
    this.node = post;
  }
}

/** A page as a Relay connection. The resolver adds `totalCount`. Only selected fields are computed. */
@ObjectType({ description: "A page of posts." })
export class PostConnection {
  constructor(
    private readonly page: Page<PostType>,
    private readonly listing: Listing,
    /** The viewer's reads. */
    private readonly reads: PostReads,
    /** The nodes or the edges as JSON, if that is all that is selected. The page has no posts then. */
    private readonly json?: RawJson,
  ) {}

  @MayBeRawJson()
  @Field(() => [PostEdge], { description: "The posts with their cursors." })
  get edges(): PostEdge[] | RawJson {
    if (this.json !== undefined) return this.json;
    const cursors = cursorsOf(this.page, this.listing.order);
    return this.page.items.map((post, index) => new PostEdge(post, cursors[index]!));
  }

  @MayBeRawJson()
  @Field(() => [PostType], { description: "The posts without their cursors." })
  get nodes(): readonly PostType[] | RawJson {
    return this.json ?? this.page.items;
  }

  @Field(() => Boolean, {
    description: "False if a search has more matches than the 20,000 that totalCount is then; true otherwise.",
  })
  get totalCountIsExact(): boolean {
    return (this.page.counted ?? 0) <= newestMatches;
  }

  /** Returns how many posts the list has: for a search, at most as many as it considers. */
  count(): Promise<number> | number {
    const { counted } = this.page;
    return counted === null ? this.reads.count(this.listing) : Math.min(counted, newestMatches);
  }

  @Field(() => PageInfo, { description: "The position of the page in its list." })
  get pageInfo(): PageInfo {
    return new PageInfo(this.page, this.listing.order);
  }
}

/** Reads a page of a list, with its nodes or edges as JSON if the response can be written that way. */
export async function readConnection(
  reads: PostReads,
  listing: Listing,
  request: PageRequest,
  { shape, isOnlyList = false, edge, ...selection }: ListSelection,
): Promise<PostConnection> {
  if (shape === undefined || !isOnlyList || !reads.takesJson)
    return new PostConnection(await reads.page(listing, request, selection), listing, reads);
  const page = await reads.pageAsJson(listing, request, { ...selection, shape });
  return new PostConnection({ ...page, items: [] }, listing, reads, new RawJson(listAsJson(page, listing, edge)));
}

/** Returns the nodes of a page as JSON or, if `edge` has the fields of an edge, its edges. */
function listAsJson(page: Page<Buffer>, { order }: Listing, edge: ListSelection["edge"]): Buffer[] {
  if (edge === undefined) return jsonList(page.items.map((post) => [post]));
  const cursors = cursorsOf(page, order);
  return jsonList(
    page.items.map((node, index) => {
      const values = { __typename: '"PostEdge"', cursor: `"${cursors[index]!}"`, node };
      const members = edge.flatMap(({ key, field }, place) => [`${place === 0 ? "{" : ","}"${key}":`, values[field]]);
      return [...members, "}"].map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
    }),
  );
}

const [opening, comma, closing] = [Buffer.from("["), Buffer.from(","), Buffer.from("]")];

function jsonList(items: readonly (readonly Buffer[])[]): Buffer[] {
  return [opening, ...items.flatMap((item, index) => (index === 0 ? item : [comma, ...item])), closing];
}
