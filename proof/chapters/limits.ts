import { createPost, creation, register } from "../accounts.js";
import type { Chapter } from "../chapter.js";

const times = (count: number, text: string | ((index: number) => string)): string =>
  Array.from({ length: count }, (_, index) => (typeof text === "string" ? text : text(index))).join(" ");
const nested = (levels: number): string =>
  `${"{ author { posts { nodes ".repeat(levels)}{ id }${" } } }".repeat(levels)}`;
const typeOf = (levels: number): string => `{ name ${times(levels, "ofType { name")}${times(levels, "}")} }`;

/** Documents around every limit. */
const documents: readonly string[] = [
  `{ ${times(14, (n) => `a${n}: __typename`)} }`,
  `{ ${times(15, (n) => `a${n}: __typename`)} }`,
  `{ ${times(16, (n) => `a${n}: __typename`)} }`,
  `{ a: __schema { queryType { name } } b: __type(name: "Post") { name } }`,
  `{ me { ...F b: id } } fragment F on User { ${times(8, (n) => `a${n}: id`)} }`,
  `{ me { ...F } you: me { ...F } } fragment F on User { ${times(8, (n) => `a${n}: id`)} }`,
  `{ ${times(998, "__typename")} }`,
  `{ ${times(999, "__typename")} }`,
  `{ ${times(5000, "__typename")} }`,
  `{ __typename ${times(50, "@skip(if: false)")} }`,
  `{ me { id ${times(50, "name @skip(if: false)")} } }`,
  `{ me { id ${times(51, "name @skip(if: false)")} } }`,
  ...[1, 2, 3, 4].map((levels) => `{ posts { nodes ${nested(levels)} } }`),
  ...[3, 12, 18, 19, 25].map((levels) => `{ __type(name: "Post") { fields { type ${typeOf(levels)} } } }`),
  ...[49, 50, 70, 71, 100].map(
    (size) => `{ posts(first: ${size}) { nodes { author { posts(first: ${size}) { nodes { id } } } } } }`,
  ),
  `{ posts(first: 100) { totalCount edges { node { author { sessions { id } } } } nodes { id } } }`,
  `{ ${times(77, "me { id }")} }`,
  `{ ${times(40, "me { id }")} }`,
  `{ posts { nodes { ${times(90, "author { id }")} } } }`,
  `{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }`,
  `{ me { ...A } } fragment A on User { ${times(10, "...B")} } fragment B on User { ${times(10, "id")} }`,
  `# ${"x".repeat(65_600)}\n{ __typename }`,
  `# ${"x".repeat(60_000)}\n{ __typename }`,
  `{ post(id: "${"x".repeat(262_200)}") { id } }`,
  `{ post(id: "${"x".repeat(200_000)}") { id } }`,
  `${"\n".repeat(19_990)}{ __typename }`,
  `${"\n".repeat(20_010)}{ __typename }`,
  `${"#\n".repeat(990)}{ __typename }`,
  `${"#\n".repeat(1010)}{ __typename }`,
  `query (${times(60, (n) => `$a${n}: Int`)}) { __typename }`,
  `query ($a: Int = 1, $b: [ID!] = []) { posts(first: $a) { nodes { id } } }`,
  `{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name } } } } } } } }`,
  `{ __schema { types { ...T } directives { name locations args { name } } } } fragment T on __Type { kind name description enumValues { name description } inputFields { name description defaultValue type { name ofType { name } } } possibleTypes { name } interfaces { name } fields(includeDeprecated: true) { name description isDeprecated args { name description defaultValue } } }`,
];

export const limits: Chapter = {
  name: "limits",
  settings: { POSTS_PER_HOUR: "8", MAX_ANSWER_BYTES: "300000", MAX_BODY_BYTES_IN_FLIGHT: "4000000" },
  async run(recorder) {
    const ada = await register(recorder, "Ada");
    for (let index = 0; index < 6; index += 1)
      await createPost(recorder, ada, { title: `Post ${index}`, content: "y".repeat(90_000) });
    for (const query of documents)
      for (const token of [ada.token, undefined])
        for (const accept of [undefined, "application/json"]) await recorder.graphql({ query, token, accept });
    // More bytes than an answer may have.
    for (const first of [2, 3, 4, 6])
      await recorder.graphql({ query: `{ posts(first: ${first}) { nodes { content } } }`, token: ada.token });
    // More posts than a user may create in an hour.
    for (let index = 0; index < 4; index += 1)
      for (const accept of ["application/json", undefined])
        await recorder.graphql({
          query: creation,
          variables: { input: { title: "more", content: "more" } },
          token: ada.token,
          accept,
        });
  },
};
