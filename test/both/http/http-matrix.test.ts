import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { startApi } from "../../support/api.js";
import { exchange } from "../../support/exchange.js";
import { hideTable } from "../../support/rows.js";

const accepts = {
  "`application/json`": "application/json",
  "`application/graphql-response+json`": "application/graphql-response+json",
  both: "application/graphql-response+json, application/json;q=0.9",
  "`*/*`": "*/*",
  "no Accept": undefined,
};
type Accept = keyof typeof accepts;

const mediaTypes = {
  json: "application/json; charset=utf-8",
  new: "application/graphql-response+json; charset=utf-8",
};

type Cells = readonly [string, string, string, string, string];
type Case = {
  /** In the order of `accepts`: the status and the media type. GET and POST are alike. */
  readonly cells: Cells;
  readonly query: string;
  /** As JSON; what is none stands for a request that can't be read. */
  readonly variables?: string;
  readonly env?: Record<string, string>;
  /** A table to take away first. */
  readonly without?: string;
  readonly code?: string;
  /** Whether there is `data`, even if it be null. */
  readonly data: boolean;
};

/** The table of docs/http.md. */
const matrix: Readonly<Record<string, Case>> = {
  success: {
    cells: ["200 json", "200 new", "200 new", "200 json", "200 json"],
    query: "{ __typename }",
    data: true,
  },
  "partly answered": {
    cells: ["200 json", "294 new", "294 new", "200 json", "200 json"],
    query: `{ post(id: "x") { id } __schema { queryType { name } } }`,
    code: "UNAUTHENTICATED",
    data: true,
  },
  "credential refused": {
    cells: ["200 json", "401 new", "401 new", "401 json", "401 json"],
    query: "{ __typename me { id } }",
    code: "UNAUTHENTICATED",
    data: false,
  },
  "bad JSON": {
    cells: ["400 json", "400 new", "400 new", "400 json", "400 json"],
    query: "{ __typename }",
    variables: "{",
    code: "BAD_REQUEST",
    data: false,
  },
  "the document doesn't parse": {
    cells: ["200 json", "400 new", "400 new", "400 json", "400 json"],
    query: "{ me",
    code: "GRAPHQL_PARSE_FAILED",
    data: false,
  },
  "the document doesn't validate": {
    cells: ["200 json", "422 new", "422 new", "422 json", "422 json"],
    query: "{ nothing }",
    code: "GRAPHQL_VALIDATION_FAILED",
    data: false,
  },
  "the variables don't fit": {
    cells: ["200 json", "422 new", "422 new", "422 json", "422 json"],
    query: "query ($id: ID!) { node(id: $id) { id } }",
    variables: `{"id":null}`,
    code: "BAD_USER_INPUT",
    data: false,
  },
  "internal error": {
    cells: ["200 json", "500 new", "500 new", "500 json", "500 json"],
    query: "{ posts { nodes { id } } }",
    env: { PUBLIC_READS: "true" },
    without: "posts",
    code: "INTERNAL_SERVER_ERROR",
    data: false,
  },
};

const requests = {
  GET: (url: string, { query, variables = "{}" }: Case, headers: Record<string, string>) =>
    exchange(new URL(`?${new URLSearchParams({ query, variables }).toString()}`, url), { method: "GET", headers }),
  POST: (url: string, { query, variables = "{}" }: Case, headers: Record<string, string>) =>
    exchange(new URL(url), {
      headers: { ...headers, "content-type": "application/json" },
      body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
    }),
};

describe.each(Object.entries(matrix))("%s", (_name, kind) => {
  const columns = (Object.keys(accepts) as Accept[]).flatMap((accept, column) =>
    (["GET", "POST"] as const).map((method) => ({ accept, method, cell: kind.cells[column]! })),
  );
  test.each(columns)("by $method, accepting $accept: $cell", async ({ accept, method, cell }) => {
    const api = await startApi(kind.env);
    if (kind.without !== undefined) await hideTable(api.server.database, kind.without);
    const header = accepts[accept];

    const answer = await requests[method](api.url, kind, header === undefined ? {} : { accept: header });

    const [status, type] = cell.split(" ") as [string, keyof typeof mediaTypes];
    expect({
      type: answer.headers["content-type"],
      status: answer.status,
      hasData: Object.hasOwn(answer.body, "data"),
      codes: answer.body.errors?.map((error: any) => error.extensions.code),
    }).toEqual({
      type: mediaTypes[type],
      status: Number(status),
      hasData: kind.data,
      codes: kind.code && [kind.code],
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/<html|\bat \S+:\d+|stack|sql/i);
  });
});

test("docs/http.md has this table", () => {
  const rows = readFileSync("docs/http.md", "utf8")
    .match(/^\| the request +\|[\s\S]*?\n\n/m)![0]
    .trim()
    .split("\n")
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
    .toSpliced(1, 1);
  expect(rows).toEqual([
    ["the request", ...Object.keys(accepts)],
    ...Object.entries(matrix).map(([name, { cells }]) => [name, ...cells]),
  ]);
});
