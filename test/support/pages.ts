import { expect } from "vitest";
import { type TestAccount as Account } from "../../src/testing/account.js";
import { type Answer } from "../../src/testing/transport.js";
import { type Api } from "./api.js";
import { createPost } from "./posts.js";

/** Returns the message for these issues, which lists the first five. */
export function messageOf(issues: readonly { path: readonly unknown[]; message: string }[]): string {
  const lines = issues.slice(0, 5).map(({ path, message }) => `${path.join(".")}: ${message}`);
  return lines.join("; ") + (issues.length > 5 ? ` and ${issues.length - 5} more` : "");
}

export type Arguments = Record<string, unknown>;

export const pageTypes = { first: "Int", after: "String", last: "Int", before: "String", orderBy: "PostOrder" };
export const postsTypes = { ...pageTypes, offset: "Int", search: "String", filter: "PostFilter" };
export const page = `totalCount nodes { id title } edges { cursor node { id title } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

/** An operation that passes every argument of `posts` as a variable. An argument without a value is absent. */
export function queryOf(types: Record<string, string>, around: (field: string) => string): string {
  const names = Object.keys(types);
  const declared = names.map((name) => `$${name}: ${types[name]}`).join(", ");
  return `query (${declared}) { ${around(`posts(${names.map((name) => `${name}: $${name}`).join(", ")}) { ${page} }`)} }`;
}
export const postsQuery = queryOf(postsTypes, (field) => field);
export const userPostsQuery = (id: string) =>
  queryOf(pageTypes, (field) => `node(id: "${id}") { ... on User { ${field} } }`);

export const ask = (account: Pick<Account, "send">, variables: Arguments = {}) =>
  account.send(postsQuery, { variables });

/** Checks that a page is consistent, and returns it. */
export function told({ body }: Answer) {
  expect(body.errors).toBeUndefined();
  const { nodes, edges, pageInfo, totalCount } = (body.data.node ?? body.data).posts;
  expect(edges.map((edge: any) => edge.node)).toEqual(nodes);
  expect(pageInfo).toMatchObject({
    startCursor: edges.at(0)?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  });
  return {
    titles: nodes.map((node: any) => node.title).join(" "),
    next: pageInfo.hasNextPage,
    previous: pageInfo.hasPreviousPage,
    totalCount,
  };
}

export const list = async (account: Pick<Account, "send">, variables: Arguments = {}) =>
  told(await ask(account, variables));
export const titles = async (account: Pick<Account, "send">, variables: Arguments = {}) =>
  (await list(account, variables)).titles;

/** Creates posts a second apart with numbers as titles; the latest has the highest. */
export async function createMany(api: Api, account: Account, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    await createPost(account, { title: String(number) });
    api.clock.advance(1000);
  }
}

/** Returns the cursors of a list, by the titles of its posts. */
export async function cursorsOf(account: Account, variables: Arguments = {}): Promise<Record<string, string>> {
  const { body } = await ask(account, { first: 100, ...variables });
  return Object.fromEntries(body.data.posts.edges.map(({ cursor, node }: any) => [node.title, cursor]));
}

/** Replaces the titles in `after` and `before` by the cursors of their posts. */
export const withCursors = (args: Arguments, cursors: Record<string, string>): Arguments => ({
  ...args,
  ...(typeof args["after"] === "string" && { after: cursors[args["after"]] }),
  ...(typeof args["before"] === "string" && { before: cursors[args["before"]] }),
});

export const [both, neither] = [
  { next: true, previous: true },
  { next: false, previous: false },
];
export const [onlyNext, onlyPrevious] = [
  { next: true, previous: false },
  { next: false, previous: true },
];

export const windows: { args: Arguments; titles: string; next: boolean; previous: boolean }[] = [
  { args: {}, titles: "5 4 3 2 1", ...neither },
  { args: { first: null, last: null, after: null, before: null, orderBy: null }, titles: "5 4 3 2 1", ...neither },
  { args: { first: 100 }, titles: "5 4 3 2 1", ...neither },
  { args: { last: 100 }, titles: "5 4 3 2 1", ...neither },
  { args: { first: 5 }, titles: "5 4 3 2 1", ...neither },
  { args: { last: 5 }, titles: "5 4 3 2 1", ...neither },
  { args: { first: 2 }, titles: "5 4", ...onlyNext },
  { args: { first: 2, last: null }, titles: "5 4", ...onlyNext },
  { args: { last: 2 }, titles: "2 1", ...onlyPrevious },
  { args: { last: 2, first: null }, titles: "2 1", ...onlyPrevious },
  { args: { after: "3" }, titles: "2 1", ...onlyPrevious },
  { args: { before: "3" }, titles: "5 4", ...onlyNext },
  { args: { before: "3", after: null }, titles: "5 4", ...onlyNext },
  { args: { first: 1, after: "4" }, titles: "3", ...both },
  { args: { first: 2, after: "3" }, titles: "2 1", ...onlyPrevious },
  { args: { last: 1, before: "3" }, titles: "4", ...both },
  { args: { last: 2, before: "3" }, titles: "5 4", ...onlyNext },
  { args: { first: 1, before: "3" }, titles: "5", ...onlyNext },
  { args: { first: 3, before: "3" }, titles: "5 4", ...onlyNext },
  { args: { last: 1, after: "3" }, titles: "1", ...onlyPrevious },
  { args: { last: 3, after: "3" }, titles: "2 1", ...onlyPrevious },
  { args: { after: "5", before: "1" }, titles: "4 3 2", ...both },
  { args: { first: 2, after: "5", before: "1" }, titles: "4 3", ...both },
  { args: { last: 2, after: "5", before: "1" }, titles: "3 2", ...both },
  { args: { first: 0 }, titles: "", ...onlyNext },
  { args: { last: 0 }, titles: "", ...onlyPrevious },
  { args: { first: 0, after: "3" }, titles: "", ...both },
  { args: { last: 0, before: "3" }, titles: "", ...both },
  { args: { first: 0, after: "1" }, titles: "", ...onlyPrevious },
  { args: { last: 0, before: "5" }, titles: "", ...onlyNext },
  { args: { after: "1" }, titles: "", ...onlyPrevious },
  { args: { before: "5" }, titles: "", ...onlyNext },
  { args: { after: "4", before: "3" }, titles: "", ...both },
  { args: { after: "3", before: "3" }, titles: "", ...both },
  { args: { after: "2", before: "4" }, titles: "", ...both },
];

export const skips: typeof windows = [
  { args: { offset: null }, titles: "5 4 3 2 1", ...neither },
  { args: { offset: 0 }, titles: "5 4 3 2 1", ...neither },
  { args: { offset: 2 }, titles: "3 2 1", ...onlyPrevious },
  { args: { offset: 2, first: 1 }, titles: "3", ...both },
  { args: { offset: 2, first: 0 }, titles: "", ...both },
  { args: { offset: 2, after: null, before: null, last: null }, titles: "3 2 1", ...onlyPrevious },
  { args: { offset: 5 }, titles: "", ...onlyPrevious },
  { args: { offset: 10_000 }, titles: "", ...onlyPrevious },
];

export const byTitle = { field: "TITLE", direction: "ASC" };

export const cursorMessage = "must be a cursor from a list in this order";

const offsetMessage = "must not be set together with a cursor or last";
export const refusals: { args: Arguments; issues: { path: string[]; message: string }[] }[] = [
  ...[-1, 101, 2_147_483_647, -2_147_483_648].flatMap((number) => [
    { args: { first: number }, issues: [{ path: ["first"], message: "must be 0 to 100" }] },
    { args: { last: number }, issues: [{ path: ["last"], message: "must be 0 to 100" }] },
  ]),
  ...[-1, 10_001].map((offset) => ({
    args: { offset },
    issues: [{ path: ["offset"], message: "must be 0 to 10,000" }],
  })),
  { args: { first: 1, last: 1 }, issues: [{ path: ["last"], message: "must not be set together with first" }] },
  { args: { first: 0, last: 0 }, issues: [{ path: ["last"], message: "must not be set together with first" }] },
  { args: { offset: 0, last: 1 }, issues: [{ path: ["offset"], message: offsetMessage }] },
  { args: { offset: 1, after: "1" }, issues: [{ path: ["offset"], message: offsetMessage }] },
  { args: { offset: 0, before: "1" }, issues: [{ path: ["offset"], message: offsetMessage }] },
  { args: { after: "" }, issues: [{ path: ["after"], message: cursorMessage }] },
  { args: { before: "" }, issues: [{ path: ["before"], message: cursorMessage }] },
  { args: { search: "x".repeat(201) }, issues: [{ path: ["search"], message: "must have 0 to 200 characters" }] },
  {
    args: { filter: { authorId: "user_\0" } },
    issues: [{ path: ["filter", "authorId"], message: "must not contain NUL or lone surrogates" }],
  },
  {
    args: {
      first: 101,
      last: -1,
      offset: -1,
      after: "",
      before: "",
      search: "\0",
      filter: { authorId: "\ud800" },
    },
    issues: [
      { path: ["first"], message: "must be 0 to 100" },
      { path: ["last"], message: "must be 0 to 100" },
      { path: ["offset"], message: "must be 0 to 10,000" },
      { path: ["search"], message: "must not contain NUL or lone surrogates" },
      { path: ["filter", "authorId"], message: "must not contain NUL or lone surrogates" },
      { path: ["last"], message: "must not be set together with first" },
      { path: ["offset"], message: offsetMessage },
      { path: ["after"], message: cursorMessage },
      { path: ["before"], message: cursorMessage },
    ],
  },
];
