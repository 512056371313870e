import type { SqlEntityManager } from "@mikro-orm/knex";
import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";

import { systemTimer } from "../../src/foundation/clock.js";
import { startDeadline } from "../../src/foundation/fairness/deadline.js";
import { isDatabaseAway, withoutPassword } from "../../src/database/database-error.js";
import { openDatabase } from "../../src/database/database.js";
import { isConflict, isTimeout, whyUnusable } from "../../src/database/postgresql/classify-error.js";
import { Sql } from "../../src/database/sql.js";
import { transactionsOn } from "../../src/database/transaction.js";
import { entities } from "../../src/graphql/schema.js";
import { handTimer } from "../../src/testing/clock.js";
import { startApi } from "../support/api.js";
import { createPost, tryToCreatePost } from "../support/posts.js";
import { newPostgresDatabase } from "../support/postgres.js";
import { startPostgres } from "../support/postgres-server.js";
import { rows } from "../support/rows.js";

const failure = (code: string | undefined, message = "") => Object.assign(new Error(message), { code });

describe("an error of PostgreSQL", () => {
  test.each(["08006", "53300", "53100", "55P03", "57P01", "57P03", "25P03", "25006", "58030", "ECONNREFUSED", "EPIPE"])(
    "says by %s that another try may succeed",
    (code) => expect(isDatabaseAway(failure(code))).toBe(true),
  );

  test.each([
    "Client has encountered a connection error and is not queryable",
    "Connection terminated unexpectedly",
    "timeout exceeded when trying to connect",
    "Connection terminated due to connection timeout",
  ])("says so without a code: %s", (message) => expect(isDatabaseAway(failure(undefined, message))).toBe(true));

  test.each(["42P01", "22P02", "23505", "57014", "XX000"])("does not say so by %s", (code) =>
    expect(isDatabaseAway(failure(code))).toBe(false),
  );

  test("is a timeout if a statement took too long, and a conflict if transactions conflicted", () => {
    expect(isTimeout(failure("57014"))).toBe(true);
    expect(isTimeout(failure(undefined, "Query read timeout"))).toBe(true);
    expect(["40001", "40P01", "23505", "23503"].every((code) => isConflict(failure(code)))).toBe(true);
    expect(isConflict(failure("57014"))).toBe(false);
  });
});

test("says in one line that a database doesn't answer, for the driver's error and the pool's", () => {
  const said = "DATABASE_URL names a database that can't be used, postern on db:5432 as ada: it doesn't answer";
  const pool = "Knex: Timeout acquiring a connection. The pool is probably full.";
  for (const message of [pool, "Connection terminated due to connection timeout", "timeout expired"])
    expect(whyUnusable("postgresql://ada@db/postern", failure(undefined, message))).toBe(said);
});

test.each(["must be a string", "must be a non-empty string"])("says in a line that there is no password: %s", (words) =>
  expect(
    whyUnusable(
      "postgresql://ada@db/postern",
      failure(undefined, `SASL: SCRAM-SERVER-FIRST-MESSAGE: client password ${words}`),
    ),
  ).toMatch(/ as ada: it asks for a password; give one in DATABASE_URL or PGPASSWORD$/),
);

test("shows no password", () => {
  expect(withoutPassword("postgresql://ada:s3cret@db:5432/postern")).toBe("postgresql://ada@db:5432/postern");
  expect(withoutPassword("postgresql://ada@db/postern")).toBe("postgresql://ada@db/postern");
  expect(withoutPassword("postgresql://db/postern?user=ada&password=s3cret")).toBe("postgresql://db/postern?user=ada");
  expect(withoutPassword("postgresql://db/postern?password=s3cret&user=ada")).toBe("postgresql://db/postern?user=ada");
  expect(withoutPassword("postgresql://ada:s3@cr:et@db/postern")).toBe("postgresql://ada@db/postern");
  expect(withoutPassword("postgresql://ada@home:s3cret@db/postern")).toBe("postgresql://ada@home@db/postern");
  expect(withoutPassword("postgresql://ada@db:5432/a@b:c@d")).toBe("postgresql://ada@db:5432/a@b:c@d");
  expect(withoutPassword("sqlite:./data/postern.sqlite")).toBe("sqlite:./data/postern.sqlite");
});

test("says in one line why a database can't be used", async () => {
  const url = new URL(await newPostgresDatabase());
  const { host, username: user } = url;
  url.pathname = "/nowhere";
  await expect(openDatabase(url.href, entities)).rejects.toThrow(
    `DATABASE_URL names a database that can't be used, nowhere on ${host} as ${user}: there is no such database; create it first`,
  );
  await expect(openDatabase("postgresql://ada:s3cret@127.0.0.1:1/postern", entities)).rejects.toThrow(
    "DATABASE_URL names a database that can't be used, postern on 127.0.0.1:1 as ada: nothing is listening there; start the server, or correct the host and port",
  );
});

test("keeps few statements prepared, however many different ones there are", async () => {
  const database = await openDatabase(await newPostgresDatabase(), entities);
  const { credentials, short, any } = await database.engine.openReadConnections(database, systemTimer);
  for (let shape = 0; shape < 450; shape += 1)
    expect(await credentials.all(new Sql(`select ${shape} as shape`))).toEqual([{ shape }]);
  const [kept] = await credentials.all<{ statements: number }>(
    new Sql("select count(*) as statements from pg_prepared_statements"),
  );
  expect(kept!.statements).toBeLessThanOrEqual(200);
  await Promise.all([credentials, ...short, ...any].map((connection) => connection.close()));
  await database.close(true);
});

test("continues after all of its connections were closed", async () => {
  const api = await startApi({ DATABASE_URL: await newPostgresDatabase() });
  const ada = await api.register("Ada");
  const id = await createPost(ada);
  await rows(
    api.server.database,
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );

  // A connection may be found to be broken by the request that it was given to.
  const first = await Promise.all(Array.from({ length: 20 }, () => ada.send(`{ post(id: "${id}") { id } }`)));
  for (const { body } of first.filter((answer) => answer.body.errors !== undefined))
    expect(body.errors![0]!.extensions.code).toBe("SERVICE_UNAVAILABLE");
  expect((await ada.send(`{ post(id: "${id}") { id } }`)).body).toEqual({ data: { post: { id } } });
  expect((await tryToCreatePost(ada)).body.errors).toBeUndefined();
});

test("says that the connection was closed if a transaction can't begin", async () => {
  const database = await openDatabase(await newPostgresDatabase(), entities);
  const { client: pool } = database.em.getConnection().getKnex();
  const cut = await pool.acquireConnection();
  await pool.releaseConnection(cut);
  // It hears that it was cut once BEGIN is on its way.
  cut.connection.stream.pause();
  const send = cut.query.bind(cut);
  cut.query = (...args: unknown[]) => {
    cut.connection.stream.resume();
    return send(...args);
  };
  const other = new Client(database.url);
  await other.connect();
  await other.query("select pg_terminate_backend($1)", [cut.processID]);
  await other.end();

  const transaction = transactionsOn(database)({ clientKey: "tests" });
  await expect(transaction((em) => em.execute("select 1"))).rejects.toSatisfy(isDatabaseAway);
  await database.close(true);
});

test("doesn't answer TIMEOUT to a COMMIT without an answer, which may have succeeded", async () => {
  const api = await startApi({ DATABASE_URL: await newPostgresDatabase() });
  const ada = await api.register("Ada");
  const { client: pool } = api.server.database.em.getConnection().getKnex();
  const client = await pool.acquireConnection();
  await pool.releaseConnection(client);
  const send = client.query.bind(client);
  client.query = (query: string | { text: string }, ...rest: unknown[]) => {
    if ((typeof query === "string" ? query : query.text).startsWith("COMMIT")) {
      client.connection.stream.pause();
      client.connectionParameters.query_timeout = 20;
    }
    return send(query, ...rest);
  };

  const { status, body } = await tryToCreatePost(ada, { title: "Perhaps" });
  expect({ status, code: body.errors![0]!.extensions.code }).toEqual({ status: 503, code: "SERVICE_UNAVAILABLE" });
  client.connection.stream.resume();
  const { body: page } = await ada.send("{ posts { nodes { title } } }");
  expect(page.data.posts.nodes).toEqual([{ title: "Perhaps" }]);
});

test("answers SERVICE_UNAVAILABLE while the server is gone", async () => {
  const { url, stop } = await startPostgres();
  const api = await startApi({ DATABASE_URL: url });
  const ada = await api.register("Ada");
  await stop();

  for (const answer of [await ada.send("{ me { name } }"), await tryToCreatePost(ada), await tryToCreatePost(ada)]) {
    expect(answer.status).toBe(503);
    expect(answer.body.errors![0]!.extensions.code).toBe("SERVICE_UNAVAILABLE");
  }
});

test("answers TIMEOUT to a change that waits for a lock, and doesn't make it later", async () => {
  const api = await startApi({ DATABASE_URL: await newPostgresDatabase() });
  const { database } = api.server;
  const ada = await api.register("Ada");
  const waits = async (count: number) => {
    const query = "select count(*) as waits from pg_locks where not granted";
    while ((await rows(database, query))[0]!["waits"] < count) await new Promise(setImmediate);
  };

  await database.em.fork().transactional(async (em) => {
    await em.execute("lock table posts in exclusive mode");
    const answer = tryToCreatePost(ada, { title: "Too late" });
    await waits(1);
    api.timer.ring();
    expect((await answer).body.errors![0]!.extensions.code).toBe("TIMEOUT");
  });

  await createPost(ada, { title: "In time" });
  const { body } = await ada.send("{ posts(first: 5) { nodes { title } } }");
  expect(body.data.posts.nodes).toEqual([{ title: "In time" }]);
});

describe("a transaction that the database rolls back in favour of another one", () => {
  /** Makes COMMIT fail with 40001 for the first tries of an insert. */
  async function refusingCommits(count: number) {
    const database = await openDatabase(await newPostgresDatabase(), entities);
    onTestFinished(() => database.close(true));
    await rows(database, "create table numbers (number integer)");
    await rows(database, "create sequence tries");
    await rows(
      database,
      `create function refuse() returns trigger language plpgsql as $$ begin
        if nextval('tries') <= ${count} then raise exception 'meanwhile' using errcode = '40001'; end if;
        return null;
      end $$`,
    );
    await rows(
      database,
      "create constraint trigger refuse after insert on numbers deferrable initially deferred for each row execute function refuse()",
    );
    const stored = async () => (await rows(database, "select count(*) as numbers from numbers"))[0]!["numbers"];
    return { database, stored };
  }
  const insert = (em: SqlEntityManager) => em.execute("insert into numbers values (1)");

  test("runs again after a pause, also if COMMIT returned the error", async () => {
    const { database, stored } = await refusingCommits(3);
    const pauses: number[] = [];
    const timer = (milliseconds: number, run: () => void) => {
      pauses.push(milliseconds);
      run();
      return () => {};
    };
    await transactionsOn(database, undefined, { timer, random: () => 0.5 })({ clientKey: "tests" })(insert);
    expect(await stored()).toBe(1);
    expect(pauses).toEqual([7.5, 15, 30]);
  });

  test("is answered SERVICE_UNAVAILABLE after 8 tries, and not as an internal error", async () => {
    const { database, stored } = await refusingCommits(100);
    const pauses: number[] = [];
    const timer = (milliseconds: number, run: () => void) => {
      pauses.push(milliseconds);
      run();
      return () => {};
    };
    const done = transactionsOn(database, undefined, { timer, random: () => 1 })({ clientKey: "tests" })(insert);
    await expect(done).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { retryAfterSeconds: 1 } });
    expect(pauses).toEqual([10, 20, 40, 80, 160, 200, 200]);
    expect(await stored()).toBe(0);
  });

  test("ends if its operation ends during a pause", async () => {
    const { database, stored } = await refusingCommits(1);
    const timer = handTimer();
    const { signal, end } = startDeadline(handTimer(), 10);
    const done = transactionsOn(database, undefined, { timer })({ clientKey: "tests", signal })(insert);
    while (timer.waiting() === 0) await new Promise(setImmediate);
    end(new Error("The time is up"));
    await expect(done).rejects.toThrow("The time is up");
    timer.ring();
    expect(await stored()).toBe(0);
  });

  test("is one of two in a deadlock, and both succeed in the end", async () => {
    const { database, stored } = await refusingCommits(0);
    await rows(database, "create table pair (id integer primary key)");
    await rows(database, "insert into pair values (1), (2)");
    const transaction = transactionsOn(database)({ clientKey: "tests" });
    let arrived = 0;
    let arriveAll!: () => void;
    const both = new Promise<void>((resolve) => (arriveAll = resolve));
    const lockBoth = (first: number, second: number) =>
      transaction(async (em) => {
        await em.execute("select 1 from pair where id = ? for update", [first]);
        arrived += 1;
        if (arrived === 2) arriveAll();
        await both;
        await em.execute("select 1 from pair where id = ? for update", [second]);
        await insert(em);
      });
    await Promise.all([lockBoth(1, 2), lockBoth(2, 1)]);
    expect(await stored()).toBe(2);
    // One of them came a second time.
    expect(arrived).toBe(3);
  });
});
