import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo } from "graphql";
import { collectSubfields } from "graphql/execution/collectFields.js";

/** What an operation wants of each post of a list: which columns, and how often the content stands in the answer. */
export type PostSelection = { readonly columns: ReadonlySet<PostColumn>; readonly contentTimes: number };

/** What may be read of a post. Its id and its author's id always are. */
export type PostColumn =
  | "title"
  | "content"
  | "publishedAt"
  | "createdAt"
  | "updatedAt"
  | "voteCount"
  | "version"
  | "viewerHasVoted"
  | "authorName"
  | "authorCreatedAt";

const columnOfField: Readonly<Record<string, PostColumn>> = {
  title: "title",
  content: "content",
  publishedAt: "publishedAt",
  published: "publishedAt",
  status: "publishedAt",
  createdAt: "createdAt",
  updatedAt: "updatedAt",
  voteCount: "voteCount",
  version: "version",
  viewerHasVoted: "viewerHasVoted",
};
const columnOfAuthorField: Readonly<Record<string, PostColumn>> = { name: "authorName", createdAt: "authorCreatedAt" };

/** What is selected of a field that gives a post. */
export function selectedOfPost(info: GraphQLResolveInfo): PostSelection {
  return gather(info, (post) => post(info.fieldNodes));
}

/** What is selected of the post of a field that gives a payload with one. */
export function selectedOfPayload(info: GraphQLResolveInfo): PostSelection {
  return gather(info, (post) => {
    for (const nodes of fieldsOf(info, "PostPayload", info.fieldNodes, "post")) post(nodes);
  });
}

/** What is selected of the posts of a field that gives a connection, as nodes and through its edges. */
export function selectedOfPosts(info: GraphQLResolveInfo): PostSelection {
  return gather(info, (post) => {
    for (const nodes of fieldsOf(info, "PostConnection", info.fieldNodes, "nodes")) post(nodes);
    for (const edges of fieldsOf(info, "PostConnection", info.fieldNodes, "edges"))
      for (const node of fieldsOf(info, "PostEdge", edges, "node")) post(node);
  });
}

function gather(info: GraphQLResolveInfo, visit: (post: (nodes: readonly FieldNode[]) => void) => void): PostSelection {
  const columns = new Set<PostColumn>();
  let contentTimes = 0;
  const add = (column: PostColumn | undefined) => column !== undefined && columns.add(column);
  visit((nodes) => {
    for (const [first, ...others] of fieldsOf(info, "Post", nodes)) {
      const name = first!.name.value;
      add(columnOfField[name]);
      if (name === "content") contentTimes += 1;
      if (name !== "author") continue;
      for (const [field] of fieldsOf(info, "User", [first!, ...others])) add(columnOfAuthorField[field!.name.value]);
    }
  });
  return { columns, contentTimes };
}

/** The fields below others as they stand in the answer: merged, and without what @skip and @include leave out. */
function fieldsOf(
  info: GraphQLResolveInfo,
  type: "PostPayload" | "PostConnection" | "PostEdge" | "Post" | "User",
  nodes: readonly FieldNode[],
  name?: string,
): (readonly FieldNode[])[] {
  const { schema, fragments, variableValues } = info;
  const object = schema.getType(type) as GraphQLObjectType;
  const fields = [...collectSubfields(schema, fragments, variableValues, object, [...nodes]).values()];
  return name === undefined ? fields : fields.filter(([field]) => field!.name.value === name);
}

/** All that either wants, as often as both. */
export function both(a: PostSelection, b: PostSelection): PostSelection {
  return { columns: new Set([...a.columns, ...b.columns]), contentTimes: a.contentTimes + b.contentTimes };
}
