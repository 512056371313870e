import { lexicographicSortSchema, type GraphQLSchema } from "graphql";

import { declarationsOf, type DeclaredField } from "../src/graphql/declarations.js";

const everywhere: readonly string[] = ["INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE", "QUERY_TOO_COMPLEX"];

const meaning = {
  none: "none; a header is ignored",
  reader: "a session, or none with `PUBLIC_READS`",
  any: "a session",
  session: "a session",
} as const satisfies Record<DeclaredField["needs"], string>;

/** Returns the root fields as a page of documentation, in Markdown. */
export function fieldsPage(schema: GraphQLSchema): string {
  // Sorted, so that moving code changes nothing.
  const rows = declarationsOf(lexicographicSortSchema(schema)).map(({ field, needs, unless, codes }) => {
    const credential = `${meaning[needs]}${unless === undefined ? "" : `, unless \`${unless}\` is given`}`;
    const others = [...codes].filter((code) => !everywhere.includes(code)).map((code) => `\`${code}\``);
    return `| \`${field}\` | \`${needs}\`: ${credential} | ${others.join(", ")} |`;
  });
  return `# Root fields

The credential that each root field needs, and the error codes that it may answer. Both are declared in the code, and the
server checks them ([add bookmarks](add-bookmarks.md#5-the-fields)). [Over HTTP](http.md#error-codes) says what each code
means, and [the schema](../schema.graphql) which arguments and types there are.

Every field may answer ${everywhere.map((code) => `\`${code}\``).join(", ")} too.
Requests that never reach a field have other codes. Fields below a root field may add \`BAD_USER_INPUT\` for arguments of
their own.

| field | credential | error codes |
| --- | --- | --- |
${rows.join("\n")}
`;
}
