import { existsSync, readFileSync, writeFileSync } from "node:fs";

import type pg from "pg";
import type sqlite3 from "sqlite3";
import { expect, inject, test } from "vitest";

import type { Answer } from "../../../src/testing/transport.js";
import { startApi, type Api } from "../../support/api.js";
import { openMigrated } from "../../support/database.js";
import { createPost, deletePost, unvotePost, updatePost, votePost } from "../../support/posts.js";
import { listenToStatements, type Asked } from "../../support/statements.js";

/** The statements that a release ran for a few operations of each kind, in order: their texts, and the runs. */
type Recorded = {
  readonly statements: readonly string[];
  readonly runs: readonly { readonly statement: number; readonly values: readonly unknown[]; readonly rows: number }[];
};

const file = `test/both/server/previous-release/${inject("database")}.json`;

/** Every kind of operation there is, one after the other. */
async function askEverything(api: Api): Promise<void> {
  const done = async (answer: Promise<Answer>): Promise<any> => {
    const { body, text } = await answer;
    if (body.errors !== undefined) throw new Error(`refused: ${text}`);
    return body.data;
  };
  const input = (query: string, value: unknown, token?: string) =>
    api.send(query, { variables: { input: value }, ...(token !== undefined && { token }) });
  const login = "mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }";

  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  await input(login, { email: ada.email, password: "not this one" });
  const second = (await done(input(login, { email: ada.email, password: ada.password }))).login;
  const refresh = "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }";
  await done(input(refresh, { refreshToken: second.refreshToken }));
  await done(input(refresh, { refreshToken: second.refreshToken }));

  const post = await createPost(ada, { title: "Rain", content: "falls on the river" });
  await createPost(ada, { title: "Draft", published: false });
  const gone = await createPost(bob, { title: "River", publishAt: "2027-01-01T00:00:00Z" });
  await done(updatePost(ada, { id: post, title: "Rain again", expectedVersion: 1 }));
  await done(votePost(bob, post));
  await done(votePost(ada, post));
  await done(unvotePost(ada, post));

  const page = `totalCount nodes { id title content status published createdAt updatedAt publishedAt voteCount
    viewerHasVoted version author { id name createdAt } } pageInfo { endCursor startCursor hasNextPage hasPreviousPage }`;
  for (const field of ["PUBLISHED_AT", "CREATED_AT", "UPDATED_AT", "TITLE", "VOTE_COUNT"]) {
    const orderBy = `orderBy: { field: ${field}, direction: ASC }`;
    const { posts } = await done(ada.send(`{ posts(first: 1, ${orderBy}) { ${page} } }`));
    await done(ada.send(`{ posts(first: 1, after: "${posts.pageInfo.endCursor}", ${orderBy}) { ${page} } }`));
  }
  await done(ada.send(`{ posts(last: 2, search: "rain") { ${page} } }`));
  await done(ada.send(`{ posts(first: 2, offset: 1, filter: { status: DRAFT }) { ${page} } }`));
  await done(
    ada.send(`{ posts(filter: { authorId: "${bob.id}", createdAfter: "2026-01-01T00:00:00Z" }) { ${page} } }`),
  );
  await done(ada.send(`{ me { id email sessions { id createdAt current } posts(first: 2) { ${page} } } }`));
  await done(bob.send(`{ posts { nodes { author { posts(first: 1) { ${page} } } } } }`));
  await done(bob.send(`{ post(id: "${post}") { title viewerHasVoted author { name } } node(id: "${ada.id}") { id } }`));

  await done(deletePost(bob, gone));
  const passwords = { currentPassword: ada.password, newPassword: "another long password" };
  await done(
    input(
      "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }",
      passwords,
      ada.token,
    ),
  );
  const third = (await done(input(login, { email: ada.email, password: passwords.newPassword }))).login;
  await done(
    api.send(`mutation { revokeSession(input: { sessionId: "${ada.sessionId}" }) { __typename } }`, {
      token: third.accessToken,
    }),
  );
  await done(api.send("mutation { logout { endedSessions } }", { token: third.accessToken }));
  await done(bob.send("mutation { logoutEverywhere { endedSessions } }"));
  const cat = await api.register("Cat");
  const gives = { currentPassword: cat.password };
  await done(
    input("mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { __typename } }", gives, cat.token),
  );
}

/** Runs them again as they were, on a database with this version's tables, and says how many rows each gave. */
async function replay(asked: readonly Asked[]): Promise<number[]> {
  const database = await openMigrated();
  const { client } = database.em.getConnection().getKnex();
  const connection = await client.acquireConnection();
  const run = inject("database") === "postgresql" ? runOnPostgres : runOnSqlite;
  const rows: number[] = [];
  await run(connection, { text: "begin", values: [] });
  try {
    for (const each of asked)
      try {
        rows.push(await run(connection, each));
      } catch (error) {
        throw new Error(`the previous release can't run: ${each.text}`, { cause: error });
      }
    return rows;
  } finally {
    await run(connection, { text: "rollback", values: [] });
    await client.releaseConnection(connection);
    await database.close(true);
  }
}

const runOnPostgres = async (connection: pg.Client, { text, values }: Asked): Promise<number> =>
  (await connection.query({ text, values: [...values] })).rows.length;

const runOnSqlite = (connection: sqlite3.Database, { text, values }: Asked): Promise<number> =>
  new Promise((resolve, reject) =>
    connection.all(text, [...values], (error, rows) => (error === null ? resolve(rows.length) : reject(error))),
  );

// At a release, from its code; see CONTRIBUTING.md.
const isToBeRecorded = process.env["RECORD_RELEASE"] !== undefined;

test.runIf(isToBeRecorded)("records what this version asks of its database", async () => {
  const api = await startApi();
  const asked = listenToStatements();
  await askEverything(api);
  const kept = asked().filter(({ text }) => /^\s*(select|insert|update|delete|with)\b/i.test(text));
  const rows = await replay(kept);
  expect(kept.length).toBeGreaterThan(100);
  const statements = [...new Set(kept.map(({ text }) => text))];
  const recorded: Recorded = {
    statements,
    runs: kept.map(({ text, values }, index) => ({ statement: statements.indexOf(text), values, rows: rows[index]! })),
  };
  writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`);
});

test("lets a server of the previous release keep working on the tables of this one", async () => {
  expect(existsSync(file)).toBe(true);
  const { statements, runs } = JSON.parse(readFileSync(file, "utf8")) as Recorded;
  const rows = await replay(runs.map(({ statement, values }) => ({ text: statements[statement]!, values })));
  expect(rows).toEqual(runs.map((run) => run.rows));
});
