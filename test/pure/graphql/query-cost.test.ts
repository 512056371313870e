import { getIntrospectionQuery, Kind, parse, type OperationDefinitionNode } from "graphql";
import { expect, test } from "vitest";

import { preparedOf } from "../../../src/graphql/prepare.js";
import { makeSchema } from "../../../src/graphql/schema.js";

const schema = makeSchema();

function measure(source: string, variables = {}) {
  const document = parse(source);
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  )!;
  return preparedOf(schema, document, operation).sizeWith(variables);
}

test.each([
  ["{ __typename }", 1],
  ["{ me { id } }", 2],
  ["{ ... { ... on Query { me { ...f } } } } fragment f on User { posts { nodes { id } } }", 4],
  ["{ a: me { id } ...f } fragment f on Query { posts { nodes { author { id } } } }", 4],
])("counts the levels of %s", (source, depth) => {
  expect(measure(source)).toMatchObject({ depth, introspectionDepth: 0 });
});

test("counts introspection by itself, the standard query being 15 deep", () => {
  const everything = {
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  };
  expect(measure(getIntrospectionQuery(everything))).toMatchObject({ depth: 1, introspectionDepth: 15 });
  expect(measure(`{ __type(name: "Post") { fields { name } } }`)).toMatchObject({ depth: 1, introspectionDepth: 3 });
});

test.each([
  ["{ a: me { b: id c: __typename } }", { aliases: 3, directives: 0 }],
  ["{ me { ...f ...f } } fragment f on User { a: id b: name }", { aliases: 4, directives: 0 }],
  [
    "query @skip(if: false) { me @include(if: true) { ... @skip(if: false) { id @a @a } ...f @b } } fragment f on User @c { id }",
    { aliases: 0, directives: 7 },
  ],
])("counts aliases and directives of %s, through fragments and once for each use", (source, size) => {
  expect(measure(source)).toMatchObject(size);
});

test.each([
  ["{ me { id } }", {}, 1],
  // A connection and its node for each of a page.
  ["{ posts { nodes { id } } }", {}, 40],
  ["{ posts(first: 5) { nodes { id author { id } } } }", {}, 15],
  ["{ posts(last: 5) { edges { node { id } } } }", {}, 15],
  ["{ posts(first: 5) { nodes { author { posts(first: 10) { nodes { id } } } } } }", {}, 5 * (10 * 2 + 3)],
  ["query ($n: Int) { posts(first: $n) { nodes { id } } }", { n: 7 }, 14],
  ["query ($n: Int = 3) { posts(first: $n) { nodes { id } } }", {}, 6],
  ["query ($n: Int = 3) { posts(first: $n) { nodes { id } } }", { n: null }, 40],
  ["query ($n: Int) { posts(first: $n) { nodes { id } } }", { n: "7" }, 40],
  ["{ posts(first: 1000000) { nodes { id } } }", {}, 200],
  ["{ posts(first: -1) { nodes { id } } }", {}, 0],
  ["{ me { sessions { id } } }", {}, 11],
])("costs %s with %j at as many objects as it may answer", (source, variables, cost) => {
  expect(measure(source, variables)).toMatchObject({ cost });
});

test("measures what doubles with each fragment as fast as it is read", () => {
  const fragments = Array.from(
    { length: 60 },
    (_, index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`,
  );
  const size = measure(`{ ...f0 } ${fragments.join(" ")} fragment f60 on Query { a: me { id } }`);
  expect(size).toMatchObject({ depth: 2, aliases: 2 ** 60 });
});

test("takes no variable for one that every object has", () => {
  const source = "query ($constructor: Int = 100) { posts(first: $constructor) { nodes { id } } }";
  expect(measure(source)).toMatchObject({ cost: 200 });
  expect(measure(source, { constructor: 3 })).toMatchObject({ cost: 6 });
});
