import {
  BREAK,
  visit,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type OperationDefinitionNode,
} from "graphql";
import { collectSubfields } from "graphql/execution/collectFields.js";

import type { AuthorField, PlainPostField, PostShape } from "./post-json.js";

/** What an operation wants of each post of a list: which columns, and how often the content stands in the answer. */
export type PostSelection = {
  readonly columns: ReadonlySet<PostColumn>;
  readonly contentTimes: number;
  /** How a post stands in the answer, where SQL can say that. */
  readonly shape?: PostShape | undefined;
};

/** The selection of a connection. */
export type ListSelection = PostSelection & {
  /** Whether the posts are selected once, as nodes or in edges. */
  readonly isOnlyList?: boolean;
  /** The fields of an edge, if they are selected in edges. */
  readonly edge?: readonly { readonly key: string; readonly field: EdgeField }[];
};
type EdgeField = "__typename" | "cursor" | "node";

/** What may be read of a post. Its id and its author's id always are. */
export const postColumns = [
  "title",
  "content",
  "publishedAt",
  "createdAt",
  "updatedAt",
  "voteCount",
  "version",
  "viewerHasVoted",
  "authorName",
  "authorCreatedAt",
] as const;
export type PostColumn = (typeof postColumns)[number];

const columnOfField: Readonly<Record<PlainPostField, PostColumn | undefined>> = {
  __typename: undefined,
  id: undefined,
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
const columnOfAuthorField: Readonly<Record<AuthorField, PostColumn | undefined>> = {
  __typename: undefined,
  id: undefined,
  name: "authorName",
  createdAt: "authorCreatedAt",
};

/** What is selected of a field that gives a post. */
export const selectedOfPost = onceAField((info): PostSelection => ({
  ...gather(info, (post) => post(info.fieldNodes)),
  shape: postShape(info, info.fieldNodes),
}));

/** What is selected of the post of a field that gives a payload with one. */
export const selectedOfPayload = onceAField((info) =>
  gather(info, (post) => {
    for (const [, nodes] of fieldsOf(info, "PostPayload", info.fieldNodes, "post")) post(nodes);
  }),
);

/** What is selected of the posts of a field that gives a connection, as nodes and through its edges. */
export const selectedOfPosts = onceAField((info): ListSelection => {
  const nodes = fieldsOf(info, "PostConnection", info.fieldNodes, "nodes");
  const edges = fieldsOf(info, "PostConnection", info.fieldNodes, "edges");
  const selection = gather(info, (post) => {
    for (const [, fields] of nodes) post(fields);
    for (const [, fields] of edges) for (const [, node] of fieldsOf(info, "PostEdge", fields, "node")) post(node);
  });
  const [only, ...others] = [...nodes, ...edges];
  if (only === undefined || others.length > 0) return selection;
  const [, fields] = only;
  if (nodes.length === 1) return { ...selection, isOnlyList: true, shape: postShape(info, fields) };
  const members = fieldsOf(info, "PostEdge", fields).map(([name, of]) => ({ name, field: of[0]!.name.value, of }));
  const [node, ...more] = members.filter(({ field }) => field === "node");
  if (node === undefined || more.length > 0) return selection;
  const edge = members.map(({ name, field }) => ({ key: name, field: field as EdgeField }));
  return { ...selection, isOnlyList: true, edge, shape: postShape(info, node.of) };
});

/**
 * Finds what is selected once for every place in a document where that depends on no variable: documents are kept, and
 * most requests come with one that was seen before.
 */
function onceAField<Selected>(find: (info: GraphQLResolveInfo) => Selected): (info: GraphQLResolveInfo) => Selected {
  const found = new WeakMap<FieldNode, Selected>();
  return (info) => {
    const [place, ...others] = info.fieldNodes;
    if (others.length > 0 || hasConditions(info)) return find(info);
    let selected = found.get(place!);
    if (selected === undefined) found.set(place!, (selected = find(info)));
    return selected;
  };
}

const conditions = new WeakMap<OperationDefinitionNode, boolean>();

/** Whether an operation has @skip or @include, or any other directive, anywhere. */
function hasConditions({ operation, fragments }: GraphQLResolveInfo): boolean {
  let has = conditions.get(operation);
  if (has === undefined) {
    has = false;
    for (const definition of [operation, ...Object.values(fragments)])
      visit(definition, { Directive: () => ((has = true), BREAK) });
    conditions.set(operation, has);
  }
  return has;
}

/** How a post stands in the answer, where all that is selected of it can be said in SQL. */
function postShape(info: GraphQLResolveInfo, nodes: readonly FieldNode[]): PostShape | undefined {
  const shape: PostShape[number][] = [];
  for (const [key, [first, ...others]] of fieldsOf(info, "Post", nodes)) {
    const field = first!.name.value;
    if (field === "author") {
      const author = fieldsOf(info, "User", [first!, ...others]).map(([name, [one]]) => ({
        key: name,
        field: one!.name.value,
      }));
      if (!author.every(isOfAuthor)) return undefined;
      shape.push({ key, field: author });
    } else if (isOfPost(field)) shape.push({ key, field });
    else return undefined;
  }
  const values = shape.reduce((sum, { field }) => sum + (typeof field === "string" ? 1 : field.length), 0);
  return values > mostValues ? undefined : shape;
}

// SQLite's functions take 1,000 arguments.
const mostValues = 900;

const isOfPost = (field: string): field is PlainPostField => Object.hasOwn(columnOfField, field);
const isOfAuthor = (one: { key: string; field: string }): one is { key: string; field: AuthorField } =>
  Object.hasOwn(columnOfAuthorField, one.field);

function gather(
  info: GraphQLResolveInfo,
  ofEach: (post: (nodes: readonly FieldNode[]) => void) => void,
): Pick<PostSelection, "columns" | "contentTimes"> {
  const columns = new Set<PostColumn>();
  let contentTimes = 0;
  const add = (column: PostColumn | undefined) => column !== undefined && columns.add(column);
  ofEach((nodes) => {
    for (const [, [first, ...others]] of fieldsOf(info, "Post", nodes)) {
      const name = first!.name.value;
      add(columnOfField[name as PlainPostField]);
      if (name === "content") contentTimes += 1;
      if (name !== "author") continue;
      for (const [, [field]] of fieldsOf(info, "User", [first!, ...others]))
        add(columnOfAuthorField[field!.name.value as AuthorField]);
    }
  });
  return { columns, contentTimes };
}

/** The fields below others by their keys, as they stand in the answer: merged, and without what @skip and @include leave out. */
function fieldsOf(
  info: GraphQLResolveInfo,
  type: "PostPayload" | "PostConnection" | "PostEdge" | "Post" | "User",
  nodes: readonly FieldNode[],
  name?: string,
): [key: string, nodes: readonly FieldNode[]][] {
  const { schema, fragments, variableValues } = info;
  const object = schema.getType(type) as GraphQLObjectType;
  const fields = [...collectSubfields(schema, fragments, variableValues, object, [...nodes])];
  return name === undefined ? fields : fields.filter(([, [field]]) => field!.name.value === name);
}

/**
 * All that is wanted of any of these posts, and the content of each as often as that of the one that is asked for most;
 * as objects, since each may have a shape of its own.
 */
export function together(asked: readonly { readonly id: string; readonly selection: PostSelection }[]): PostSelection {
  const times = new Map<string, number>();
  for (const { id, selection } of asked) times.set(id, (times.get(id) ?? 0) + selection.contentTimes);
  const columns = new Set(asked.flatMap(({ selection }) => [...selection.columns]));
  return { columns, contentTimes: Math.max(...times.values()) };
}
