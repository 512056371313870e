import { isObjectType, Kind, parse, type GraphQLResolveInfo } from "graphql";
import { expect, test } from "vitest";

import { sharedKeyOf } from "../../src/operation/same-for-all.js";
import { makeSchema } from "../../src/schema.js";

const schema = makeSchema();

/** What a subscription's root field knows of its document. */
function infoOf(document: string, variableValues: Record<string, unknown> = {}): GraphQLResolveInfo {
  const { definitions } = parse(document);
  const operation = definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const fragments = Object.fromEntries(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  );
  const returnType = schema.getSubscriptionType()!.getFields()["postEvents"]!.type;
  return { schema, operation, fragments, returnType, variableValues } as unknown as GraphQLResolveInfo;
}
const keyOf = (document: string, variables?: Record<string, unknown>) => sharedKeyOf(infoOf(document, variables));

test("of the fields these alone are the same for all; a new one belongs here only if it doesn't depend on who asks", () => {
  const marked = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ extensions }) => extensions["sameForAll"] === true)
        .map(({ name }) => `${type.name}.${name}`),
    );
  expect(marked.toSorted()).toEqual(
    [
      ...["kind", "cursor", "occurredAt", "postId", "post"].map((name) => `PostEvent.${name}`),
      ...["id", "author", "title", "content", "published", "publishedAt", "status"].map((name) => `Post.${name}`),
      ...["createdAt", "updatedAt", "voteCount", "version"].map((name) => `Post.${name}`),
      ...["id", "name", "createdAt"].map((name) => `User.${name}`),
      "Session.id",
    ].toSorted(),
  );
});

test.each([
  "subscription { postEvents { post { viewerHasVoted } } }",
  "subscription { postEvents { post { author { email } } } }",
  "subscription { postEvents { post { author { posts { totalCount } } } } }",
  "subscription { postEvents { ...A } } fragment A on PostEvent { post { ...B } } fragment B on Post { viewerHasVoted }",
  "subscription { postEvents { post { ... on Node { ... on Post { v: viewerHasVoted } } } } }",
])("shares nothing of %s", (document) => {
  expect(keyOf(document)).toBeUndefined();
});

test("shares what is selected alike, whomever and whatever a subscription is about", () => {
  const document = `subscription ($after: String, $author: ID, $with: Boolean!) {
    postEvents(after: $after, authorId: $author) { __typename kind post { ...P author @include(if: $with) { name } } }
  } fragment P on Post { id title }`;
  const key = keyOf(document, { with: true });
  expect(key).toBeDefined();
  expect(keyOf(document, { with: true, after: "x", author: "user_1" })).toBe(key);
  expect(keyOf(document, { with: false })).not.toBe(key);
  expect(keyOf(`${document} `, { with: true })).not.toBe(key);
});
