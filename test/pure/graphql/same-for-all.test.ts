import { isObjectType, Kind, parse, type GraphQLResolveInfo } from "graphql";
import { expect, test } from "vitest";

import { sharedAnswersOf } from "../../../src/graphql/same-for-all.js";
import { makeSchema } from "../../../src/graphql/schema.js";

const schema = makeSchema();

/** Returns the info of a subscription's root field. */
function infoOf(document: string, variableValues: Record<string, unknown> = {}): GraphQLResolveInfo {
  const { definitions } = parse(document);
  const operation = definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const fragments = Object.fromEntries(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  );
  const returnType = schema.getSubscriptionType()!.getFields()["postEvents"]!.type;
  return { schema, operation, fragments, returnType, variableValues } as unknown as GraphQLResolveInfo;
}
const sharedOf = (document: string, variables?: Record<string, unknown>) =>
  sharedAnswersOf(infoOf(document, variables));

const fieldsSharedAmong = (whom: string) =>
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ extensions }) => extensions["sharedAmong"] === whom)
        .map(({ name }) => `${type.name}.${name}`),
    );

test("only these fields are the same for all; add a new one only if it doesn't depend on the viewer", () => {
  expect(fieldsSharedAmong("all").toSorted()).toEqual(
    [
      ...["kind", "cursor", "occurredAt", "postId", "post"].map((name) => `PostEvent.${name}`),
      ...["id", "author", "title", "content", "published", "publishedAt", "status"].map((name) => `Post.${name}`),
      ...["createdAt", "updatedAt", "voteCount", "version"].map((name) => `Post.${name}`),
      ...["id", "name", "createdAt"].map((name) => `User.${name}`),
      "Session.id",
    ].toSorted(),
  );
});

// The trait is of the post that the event is about: no field that leads to another post may be shared.
test("only this field is the same for viewers who have voted, and for those who haven't", () => {
  expect(fieldsSharedAmong("vote")).toEqual(["Post.viewerHasVoted"]);
});

test.each([
  "subscription { postEvents { post { author { email } } } }",
  "subscription { postEvents { post { author { posts { totalCount } } } } }",
  "subscription { postEvents { ...A } } fragment A on PostEvent { post { ...B } } fragment B on Post { author { email } }",
  "subscription { postEvents { post { viewerHasVoted ... on Node { ... on Post { author { e: email } } } } } }",
])("shares nothing of %s", (document) => {
  expect(sharedOf(document)).toBeUndefined();
});

test.each([
  "subscription { postEvents { post { title viewerHasVoted } } }",
  "subscription { postEvents { ...A } } fragment A on PostEvent { post { ...B } } fragment B on Post { viewerHasVoted }",
  "subscription { postEvents { post { ... on Node { ... on Post { v: viewerHasVoted } } } } }",
])("shares %s among viewers with the same vote", (document) => {
  expect(sharedOf(document)!.traits).toEqual(["vote"]);
});

test("shares equal selections, whatever the subscriptions' filters", () => {
  const document = `subscription ($after: String, $author: ID, $with: Boolean!) {
    postEvents(after: $after, authorId: $author) { __typename kind post { ...P author @include(if: $with) { name } } }
  } fragment P on Post { id title }`;
  const { key, traits } = sharedOf(document, { with: true })!;
  expect(traits).toEqual([]);
  expect(sharedOf(document, { with: true, after: "x", author: "user_1" })!.key).toBe(key);
  expect(sharedOf(document, { with: false })!.key).not.toBe(key);
  expect(sharedOf(`${document} `, { with: true })!.key).not.toBe(key);
});
