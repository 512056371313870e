import { Client } from "pg";
import { describe, expect, test } from "vitest";

import { defaultDatabaseUse } from "../../src/foundation/config/database-use.js";
import { openDatabase } from "../../src/database/database.js";
import { transactionsOn } from "../../src/database/transaction.js";
import { entities } from "../../src/graphql/schema.js";
import type { TestAccount as Account } from "../../src/testing/account.js";
import { startApi } from "../support/api.js";
import { pgbouncerVersion, startPgbouncer } from "../support/pgbouncer.js";
import { emptyPostgresUrl, newPostgresDatabase } from "../support/postgres.js";
import { createPost, tryToCreatePost, votePost } from "../support/posts.js";
import { rows } from "../support/rows.js";

const isHere = pgbouncerVersion !== undefined;
const keepsStatements = (pgbouncerVersion ?? 0) >= 1.21;
if (!isHere) console.warn("Not tested: PgBouncer is not installed (apt-get install pgbouncer, or TEST_PGBOUNCER=file)");
else if (!keepsStatements)
  console.warn(
    `Not tested: DATABASE_POOLER=prepared, since PgBouncer ${pgbouncerVersion} keeps no prepared statements`,
  );

const poolSize = 5;

/** A server behind PgBouncer, and what starts another and talks to its database past it. */
async function startBehind(pooler: string) {
  const url = await emptyPostgresUrl();
  const env = { DATABASE_URL: await startPgbouncer(url, poolSize), DATABASE_POOLER: pooler };
  return { url, env, api: await startApi(env) };
}

const all = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

const page = `query ($first: Int, $after: String, $search: String) {
  posts(first: $first, after: $after, search: $search) {
    totalCount nodes { title voteCount author { name } } pageInfo { endCursor }
  }
}`;
const pageOf = async (account: Pick<Account, "send">, variables: Record<string, unknown>) => {
  const { body } = await account.send(page, { variables });
  expect(body.errors).toBeUndefined();
  return body.data.posts;
};

describe.each([
  { pooler: "transaction", canRun: isHere },
  { pooler: "prepared", canRun: keepsStatements },
])("with DATABASE_POOLER=$pooler", ({ pooler, canRun }) => {
  test.runIf(canRun)("serves sessions, pages, searches and votes of two servers over few connections", async () => {
    const { url, env, api } = await startBehind(pooler);
    const two = await startApi(env);
    const people = await all(6, (index) => api.register(`Person ${index}`));
    const [ada] = people as [Account];
    const onTwo = ({ token }: Account) => ({
      send: (query: string, options = {}) => two.send(query, { token, ...options }),
    });
    const posts = await all(24, async (index) => createPost(people[index % 6]!, { title: `Post ${index} of rain` }));
    const votes = await all(24, (index) => votePost(index % 2 === 0 ? ada : onTwo(people[3]!), posts[index]!));
    expect(votes.flatMap(({ body }) => body.errors ?? [])).toEqual([]);

    const client = new Client(url);
    await client.connect();
    let most = 0;
    const watch = async () => {
      const { rows: found } = await client.query(
        "select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name = 'postern'",
      );
      most = Math.max(most, found[0].count);
    };
    for (let round = 0; round < 8; round += 1) {
      const [asked] = await Promise.all([
        all(24, (index) =>
          pageOf(index % 2 === 0 ? people[index % 6]! : onTwo(people[index % 6]!), { first: 5 + round }),
        ),
        all(4, () => pageOf(onTwo(ada), { search: "rain", first: 10 })),
        watch(),
      ]);
      expect(asked.map(({ nodes, totalCount }) => [nodes.length, totalCount])).toEqual(
        asked.map(() => [5 + round, 24]),
      );
    }
    await client.end();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(poolSize);

    const first = await pageOf(ada, { first: 20 });
    const second = await pageOf(onTwo(ada), { first: 20, after: first.pageInfo.endCursor });
    const titles = [...first.nodes, ...second.nodes].map(({ title }: { title: string }) => title);
    expect(new Set(titles).size).toBe(24);
    expect(first.nodes.every(({ voteCount }: { voteCount: number }) => voteCount === 1)).toBe(true);

    expect((await ada.send("mutation { logout { endedSessions } }")).body.errors).toBeUndefined();
    const refused = await onTwo(ada).send("{ me { name } }");
    expect(refused.body.errors![0]!.extensions).toMatchObject({ reason: "SESSION_REVOKED" });
    expect(refused.status).toBe(401);
  });

  test.runIf(canRun)("ends what takes too long, a read by a cancel request that meets no other statement", async () => {
    const { url, api } = await startBehind(pooler);
    const ada = await api.register("Ada");
    const id = await createPost(ada);
    const client = new Client(url);
    await client.connect();
    const waits = async (count: number) => {
      const query = "select count(*)::int as waits from pg_locks where not granted";
      while ((await client.query(query)).rows[0].waits !== count) await new Promise(setImmediate);
    };
    await client.query("begin; lock table posts in access exclusive mode");
    const answers = [ada.send(`{ post(id: "${id}") { title } }`), tryToCreatePost(ada, { title: "Too late" })];
    await waits(2);
    api.timer.ring();
    for (const { body } of await Promise.all(answers)) expect(body.errors![0]!.extensions.code).toBe("TIMEOUT");
    // The lock is still held: it is the cancel request that ended the read.
    await waits(1);
    await client.query("rollback");
    await client.end();

    const after = await all(12, () => ada.send(`{ post(id: "${id}") { title } posts { totalCount } }`));
    for (const { body } of after)
      expect(body).toEqual({ data: { post: { title: "Title" }, posts: { totalCount: 1 } } });
  });

  test.runIf(canRun)("gives each transaction its limits of time, and no other one", async () => {
    const behind = await startPgbouncer(await newPostgresDatabase(), 2);
    const use = { ...defaultDatabaseUse, pooler: pooler as "transaction" | "prepared" };
    const database = await openDatabase(behind, entities, { use });
    const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
    const limits = `select ${names.map((name) => `current_setting('${name}') as ${name}`).join(", ")}`;
    const [within] = await transactionsOn(database)({ clientKey: "tests" })((em) =>
      em.execute<Record<string, string>[]>(limits),
    );
    expect(Object.values(within!)).toEqual(["30s", "10s", "10s"]);
    expect(Object.values((await rows(database, limits))[0]!)).toEqual(["0", "0", "0"]);
    await database.close(true);
  });
});

test.runIf(isHere)("says in a line what to set where a pooler refuses the settings of a session", async () => {
  const behind = await startPgbouncer(await newPostgresDatabase(), 1);
  await expect(openDatabase(behind, entities)).rejects.toThrow(
    /: there is a pooler in front of it; set DATABASE_POOLER, and leave options and time limits out of the URL$/,
  );
});
