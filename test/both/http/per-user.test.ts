import { expect, inject, test } from "vitest";

import { creationsOf } from "../../../src/features/post/post-quota.js";
import { startApi, type Api } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { createPost, deletePost, tryToCreatePost } from "../../support/posts.js";
import { copyPost, rows } from "../../support/rows.js";

const loginField = "mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }";

const logIn = ({ send }: Pick<Api, "send">, { email, password }: { email: string; password: string }) =>
  send(loginField, { variables: { input: { email, password } } });

const endedFor = (api: Api, cause: string) =>
  api
    .logged()
    .filter((line) => line["event"] === "session ended" && line["cause"] === cause)
    .map(({ sessionId }) => sessionId as string);

const liveSessions = async ({ server: { database }, clock }: Api) =>
  (
    await rows(database, "select id from sessions where ended_at is null and expires_at > ? order by id", [
      clock().getTime(),
    ])
  ).map(({ id }) => id as string);

/** Adds live sessions of a user, past the server, each used a millisecond after the one before. */
const addSessions = ({ server: { database }, clock }: Api, userId: string, count: number) =>
  rows(
    database,
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})
      select 'session_older_' || n, ?, n, n, ${clock().getTime() + 86_400_000} from numbers`,
    [userId],
  );

test("ends the least recently used session when one more is opened", async () => {
  const api = await startApi({ MAX_SESSIONS_OF_USER: "3" });
  const ada = await api.register();
  const tokens: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    api.clock.advance("1m");
    tokens.push((await logIn(api, ada)).body.data.login.accessToken);
  }
  api.clock.advance("1m");
  // The first session is used again, so the second is the one that was used longest ago.
  const renewed = await api.send(
    "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }",
    { variables: { input: { refreshToken: ada.refreshToken } } },
  );
  api.clock.advance("1m");
  const last = (await logIn(api, ada)).body.data.login.accessToken as string;

  const me = async (token: string) => (await api.send("{ me { id } }", { token })).body;
  const first = renewed.body.data.refreshSession.accessToken as string;
  for (const token of [first, tokens[1]!, last]) expect(await me(token)).toEqual({ data: { me: { id: ada.id } } });
  expect((await me(tokens[0]!)).errors![0]!.extensions).toMatchObject({ reason: "SESSION_REVOKED" });
  expect(endedFor(api, "limit")).toHaveLength(1);
});

test("leaves no more sessions than allowed after fifty parallel logins on two servers", async () => {
  const url = await newDatabaseUrl();
  const settings = { DATABASE_URL: url, MAX_SESSIONS_OF_USER: "4" };
  const [one, two] = [await startApi(settings), await startApi(settings)];
  const ada = await one.register();
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => logIn([one, two][index % 2]!, ada)));

  expect(answers.flatMap(({ body }) => body.errors ?? [])).toEqual([]);
  const live = await liveSessions(one);
  expect(live).toHaveLength(4);
  const ended = [...endedFor(one, "limit"), ...endedFor(two, "limit")];
  expect(new Set([...ended, ...live]).size).toBe(51);
  expect(ended).toHaveLength(47);
});

test("ends the surplus sessions of an older release, a thousand with each login, and lists no more than allowed", async () => {
  const api = await startApi({ MAX_SESSIONS_OF_USER: "10" });
  const ada = await api.register();
  await addSessions(api, ada.id, 2500);
  const { body } = await ada.send("{ me { sessions { id } } }");
  expect(body.data.me.sessions).toHaveLength(10);
  expect(body.data.me.sessions[0].id).toBe(ada.sessionId);

  const left: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    expect((await logIn(api, ada)).body.errors).toBeUndefined();
    left.push((await liveSessions(api)).length);
  }
  expect(left).toEqual([1502, 503, 10]);
});

test("ends all sessions of a user with one statement and one line of the log, however many there are", async () => {
  const api = await startApi();
  const ada = await api.register();
  await addSessions(api, ada.id, 2500);
  const statements = await api.countStatements(async () => {
    const { body } = await ada.send("mutation { logoutEverywhere { endedSessions } }");
    expect(body.data.logoutEverywhere.endedSessions).toBe(2501);
  });
  expect(statements.filter((text) => /^update .?sessions/.test(text))).toHaveLength(1);
  expect(await liveSessions(api)).toEqual([]);
  expect(api.events().filter(({ event }) => event === "session ended")).toEqual([
    { event: "session ended", userId: ada.id, count: 2501, cause: "logout everywhere" },
  ]);
});

test("finds a user's live sessions by an index of their end, however many ended ones there are", async () => {
  const api = await startApi();
  const ada = await api.register();
  const { database } = api.server;
  await rows(
    database,
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at, ended_at)
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 5000)
      select 'session_ended_' || n, ?, n, n, n, n from numbers`,
    [ada.id],
  );
  await rows(database, "analyze");
  const explain = inject("database") === "postgresql" ? "explain" : "explain query plan";
  const plan = await rows(
    database,
    `${explain} select id from sessions where user_id = ? and ended_at is null and expires_at > ? order by expires_at limit 1099`,
    [ada.id, api.clock().getTime()],
  );
  expect(JSON.stringify(plan)).toContain("sessions_user_id_expires_at_index");
});

test("limits a user's posts in any hour, and says when the next one is allowed", async () => {
  const api = await startApi({ POSTS_PER_HOUR: "3", ACCESS_TOKEN_TTL: "24h" });
  const [ada, bob] = [await api.register(), await api.register()];
  await createPost(ada);
  api.clock.advance("20m");
  await createPost(ada, { published: false });
  // What is deleted has been created all the same.
  await deletePost(ada, await createPost(ada));
  api.clock.advance("10m");

  const { status, headers, body } = await tryToCreatePost(ada);
  expect({ status, retryAfter: headers.get("retry-after") }).toEqual({ status: 429, retryAfter: "1800" });
  expect(body.errors![0]!.extensions).toEqual({ code: "TOO_MANY_ATTEMPTS", retryAfterSeconds: 1800 });
  // Everybody has posts of their own.
  await createPost(bob);

  api.clock.advance(30 * 60 * 1000 - 1);
  expect((await tryToCreatePost(ada)).body.errors![0]!.extensions["retryAfterSeconds"]).toBe(1);
  api.clock.advance(1);
  await createPost(ada);
  expect((await tryToCreatePost(ada)).body.errors![0]!.extensions["retryAfterSeconds"]).toBe(20 * 60);
});

test("counts posts over all servers, and stores none above the limit", async () => {
  const url = await newDatabaseUrl();
  const settings = { DATABASE_URL: url, POSTS_PER_HOUR: "5" };
  const [one, two] = [await startApi(settings), await startApi(settings)];
  const ada = await one.register();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      tryToCreatePost({
        send: (query, options) => [one, two][index % 2]!.send(query, { token: ada.token, ...options }),
      }),
    ),
  );
  const codes = answers.map(({ body }) => body.errors?.[0]!.extensions.code);
  expect(codes.filter((code) => code === undefined)).toHaveLength(5);
  expect(codes.filter((code) => code === "TOO_MANY_ATTEMPTS")).toHaveLength(15);
  expect(await rows(one.server.database, "select count(*) as posts from posts")).toEqual([{ posts: 5 }]);
});

test("remembers no more creations than count, and finds the one that matters by the key", async () => {
  const api = await startApi({ POSTS_PER_HOUR: "4", ACCESS_TOKEN_TTL: "24h" });
  const ada = await api.register();
  const { database } = api.server;
  const kept = async () =>
    (await rows(database, "select number from post_creations order by number")).map(({ number }) => number);
  for (let count = 0; count < 4; count += 1) await createPost(ada);
  for (let hour = 0; hour < 3; hour += 1) {
    api.clock.advance("1h");
    await createPost(ada);
  }
  expect(await kept()).toEqual([7]);

  const { text, values } = creationsOf(ada.id, 600).in(database.engine.dialect);
  const isPostgres = inject("database") === "postgresql";
  const plan = await database.em.fork().transactional(async (em) => {
    // A table of one row would be read as a whole.
    if (isPostgres) await em.execute("set local enable_seqscan = off");
    return em.execute(`${isPostgres ? "explain" : "explain query plan"} ${text}`, [...values]);
  });
  expect(JSON.stringify(plan)).not.toMatch(isPostgres ? /Seq Scan|Sort/ : /SCAN|TEMP B-TREE/);
});

test("deletes an account of thousands of posts and votes in slices, between which others have their turns", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const { database } = api.server;
  await copyPost(database, await createPost(ada), 3300);
  await rows(database, "update posts set author_id = ? where id in (select id from posts order by id limit 1200)", [
    bob.id,
  ]);
  await rows(database, "insert into votes (post_id, user_id) select id, ? from posts where author_id = ?", [
    ada.id,
    bob.id,
  ]);

  const deleted = await api.countStatements(async () => {
    const { body } = await ada.send(
      "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }",
      { variables: { input: { currentPassword: ada.password } } },
    );
    expect(body).toEqual({ data: { deleteAccount: { deletedUserId: ada.id } } });
  });

  // Two slices of posts and one of votes; the account goes with what is left.
  expect(deleted.filter((text) => text.startsWith("delete from posts"))).toHaveLength(2);
  expect(deleted.filter((text) => text.startsWith("delete from votes"))).toHaveLength(1);
  const left = async (table: string, column: string) =>
    (await rows(database, `select 1 from ${table} where ${column} = ?`, [ada.id])).length;
  expect([await left("posts", "author_id"), await left("votes", "user_id"), await left("users", "id")]).toEqual([
    0, 0, 0,
  ]);
  expect((await ada.send("{ me { id } }")).body.errors![0]!.extensions).toMatchObject({ reason: "USER_GONE" });
  const others = await bob.send("{ posts(first: 1) { totalCount nodes { voteCount } } }");
  expect(others.body.data).toEqual({ posts: { totalCount: 1200, nodes: [{ voteCount: 0 }] } });
});
