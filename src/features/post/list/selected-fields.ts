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
import type { EdgeField, ListSelection, PostColumn, PostSelection } from "./selection.js";

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

/** Returns the selection of a field that returns a post. */
export const selectedOfPost = cached((info): PostSelection => ({
  ...gather(info, (post) => post(info.fieldNodes)),
  shape: postShape(info, info.fieldNodes),
}));

/** Returns the selection of the post in a field that returns a payload. */
export const selectedOfPayload = cached((info) =>
  gather(info, (post) => {
    for (const [, nodes] of fieldsOf(info, "PostPayload", info.fieldNodes, "post")) post(nodes);
  }),
);

/** Returns the selection of the posts in a field that returns a connection, as nodes and in edges. */
export const selectedOfPosts = cached((info): ListSelection => {
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
 * Caches a selection for its place in the document, unless it depends on variables. Documents are cached too, and most
 * requests have one that was seen before.
 */
function cached<Selected>(find: (info: GraphQLResolveInfo) => Selected): (info: GraphQLResolveInfo) => Selected {
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

/** Reports whether an operation contains @skip, @include or another directive. */
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

/** Returns the shape of a post in the response; undefined if the database can't write all of it. */
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

// SQLite's functions take at most 1,000 arguments.
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

/** Returns the subfields of fields by their response keys: merged, and without those that @skip and @include leave out. */
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
