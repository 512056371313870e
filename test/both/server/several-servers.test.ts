import { expect, inject, test } from "vitest";

import { recordFailure } from "../../../src/features/account/attempt-throttle.js";
import { openDatabase } from "../../../src/database/database.js";
import { transactionsOn } from "../../../src/database/transaction.js";
import { entities } from "../../../src/graphql/schema.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { newFileUrl } from "../../support/files.js";
import { newPostgresDatabase } from "../../support/postgres.js";
import { createPost, unvotePost, votePost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

/** Two servers on one database, whose clocks agree. */
async function startTwo() {
  const url = await newDatabaseUrl();
  const one = await startApi({ DATABASE_URL: url });
  const two = await startApi({ DATABASE_URL: url });
  /** The same request of an account, to the second server. */
  const onTwo = (account: Account) => ({
    ...account,
    send: (query: string, options = {}) => two.send(query, { token: account.token, ...options }),
  });
  return { url, one, two, onTwo };
}

const all = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

test("refuses a session on one server from the operation after it ended on the other", async () => {
  const { one, onTwo } = await startTwo();
  const ada = await one.register("Ada");
  expect((await onTwo(ada).send("{ me { name } }")).body).toEqual({ data: { me: { name: "Ada" } } });

  expect((await ada.send("mutation { logout { endedSessions } }")).body.errors).toBeUndefined();
  const { status, body } = await onTwo(ada).send("{ me { name } }");
  expect(status).toBe(401);
  expect(body.errors![0]!.extensions).toMatchObject({ code: "UNAUTHENTICATED", reason: "SESSION_REVOKED" });
});

test("leaves one unused refresh token if both servers receive the same one at once", async () => {
  const { one, two } = await startTwo();
  const ada = await one.register("Ada");
  const refresh = "mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { refreshToken } }";
  const answers = await all(10, (index) =>
    (index % 2 === 0 ? one : two).send(refresh, { variables: { token: ada.refreshToken } }),
  );

  const tokens = answers.map(({ body }) => body.data.refreshSession.refreshToken as string);
  expect(new Set(tokens).size).toBe(1);
  const { database } = one.server;
  expect(await rows(database, "select count(*) as unused from refresh_tokens where used_at is null")).toEqual([
    { unused: 1 },
  ]);
});

test("counts every failure, whichever server it comes to", async () => {
  const { one, two } = await startTwo();
  const work = [one, two].map(({ server }) => transactionsOn(server.database)({ clientKey: "tests" }));
  const now = new Date();
  // Addresses and accounts in turn, so that transactions meet at some of their counters and not at others.
  await all(60, (index) =>
    work[index % 2]!((em) =>
      recordFailure(em, { account: `account ${index % 3}`, addressKey: `address ${index % 4}` }, now),
    ),
  );

  const counted = await rows(
    one.server.database,
    "select sum(failures) as failures, count(*) as counters from attempts",
  );
  // Three counters each: of 12 pairs, 3 accounts and 4 addresses.
  expect(counted.map(({ failures, counters }) => [Number(failures), counters])).toEqual([[180, 19]]);
});

test("counts every vote, whichever server it comes to", async () => {
  const { one, onTwo } = await startTwo();
  const people = await all(8, (index) => one.register(`Voter ${index}`));
  const id = await createPost(people[0]!);
  const answers = await all(32, (index) => {
    const person = people[index % 8]!;
    return votePost(index % 2 === 0 ? person : onTwo(person), id);
  });
  expect(answers.flatMap(({ body }) => body.errors ?? [])).toEqual([]);
  await all(3, (index) => unvotePost(onTwo(people[index]!), id));

  const { body } = await people[7]!.send("query ($id: ID!) { post(id: $id) { voteCount } }", { variables: { id } });
  expect(body.data.post.voteCount).toBe(5);
});

test("deletes two accounts that voted for each other's posts at once, and counts the remaining votes", async () => {
  const { one, onTwo } = await startTwo();
  const [ada, bob, cat] = await all(3, (index) => one.register(`Person ${index}`));
  const kept = await all(6, () => createPost(cat!));
  const own = [await createPost(ada!), await createPost(bob!)];
  for (const id of [...kept, ...own]) for (const voter of [ada!, bob!, cat!]) await votePost(voter, id);

  const remove = "mutation ($p: String!) { deleteAccount(input: { currentPassword: $p }) { deletedUserId } }";
  const answers = await Promise.all(
    [ada!, onTwo(bob!)].map((account) => account.send(remove, { variables: { p: account.password } })),
  );
  expect(answers.flatMap(({ body }) => body.errors ?? [])).toEqual([]);
  expect(await rows(one.server.database, "select vote_count from posts")).toEqual(kept.map(() => ({ vote_count: 1 })));
});

test("creates the tables once if five servers start at once on an empty database", async () => {
  const url = inject("database") === "postgresql" ? await newPostgresDatabase() : newFileUrl();
  const opened = await all(5, () => openDatabase(url, entities));
  // Databases are dropped after the test, and these have to be closed by then.
  const closed = () => Promise.all(opened.map((database) => database.close(true)));
  const applied = await rows(opened[0]!, "select name from migrations");
  const known = opened[0]!.engine.migrations.map(({ name }) => ({ name }));
  await closed();
  expect(applied).toEqual(known);
});
