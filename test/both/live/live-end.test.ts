import { describe, expect, inject, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import {
  connect,
  eventStream,
  follow,
  multipart,
  openSocket,
  openStream,
  type TestSocket,
} from "../../support/live.js";
import { createPost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";
import { refusal, tokenStates } from "../../support/token-states.js";

const subscription = "subscription { postEvents { kind postId } }";

test.each(tokenStates)("with $of, sockets and streams answer like a request", async ({ reason, authorization }) => {
  const api = await startApi();
  const situation = { api, account: await api.register(), other: await api.register() };
  const headers = await authorization(situation);
  const error = reason === undefined ? undefined : refusal(reason, situation);
  const refused = { ping: { type: "ping", payload: { errors: [error] } }, closed: { code: 4403, reason } };

  const byHeader = await openSocket(api, { headers: headers.length === 0 ? {} : { authorization: headers } });
  byHeader.send({ type: "connection_init" });
  // A missing credential is not a bad one: the socket opens, and each operation is refused.
  if (reason === undefined || reason === "TOKEN_MISSING") {
    expect((await byHeader.next()).type).toBe("connection_ack");
    byHeader.subscribe("1", subscription);
    expect(await byHeader.next()).toMatchObject(
      error === undefined ? { type: "next", id: "1" } : { type: "error", id: "1", payload: [error] },
    );
  } else {
    expect({ ping: await byHeader.next(), closed: await byHeader.closed }).toEqual(refused);
  }

  // A message can't have two.
  if (headers.length === 1) {
    const byMessage = await openSocket(api);
    byMessage.send({ type: "connection_init", payload: { AUTHORIZATION: headers[0] } });
    if (error === undefined) expect((await byMessage.next()).type).toBe("connection_ack");
    else expect({ ping: await byMessage.next(), closed: await byMessage.closed }).toEqual(refused);
  }

  for (const accept of [eventStream, multipart]) {
    const stream = await openStream(api, subscription, { accept, authorization: headers });
    if (error === undefined) {
      expect(stream.status).toBe(200);
      continue;
    }
    await stream.ended;
    expect({ status: stream.status, body: JSON.parse(stream.text()) }).toEqual({
      status: 401,
      body: { errors: [{ ...error, path: ["postEvents"], locations: expect.anything() }] },
    });
  }
});

/** Opens everything that can be open, each subscribed, and gives what it is told in the end. */
async function openAll(api: Api, { token }: Account) {
  const socket = await follow(api, token);
  await socket.event();
  const streams = await Promise.all(
    [eventStream, multipart].map((accept) =>
      openStream(api, subscription, { accept, authorization: [`Bearer ${token}`] }),
    ),
  );
  for (const stream of streams) await stream.next();
  const ends = async () => {
    const ping = await socket.next();
    const closed = await socket.closed;
    await Promise.all(streams.map(({ ended }) => ended));
    const [events, parts] = [await streams[0]!.next(), await streams[1]!.next()];
    // An event stream that is complete wouldn't be taken up again.
    expect([await streams[0]!.next(), await streams[1]!.next()]).toEqual([undefined, undefined]);
    expect(streams[1]!.text().endsWith("--graphql--\r\n")).toBe(true);
    return { ping, closed, events, parts };
  };
  const areOpen = () =>
    socket.raw.readyState === socket.raw.OPEN && streams.every(({ request }) => !request.destroyed && !request.closed);
  return { socket, ends, areOpen };
}

const told = (error: object, reason: string) => ({
  ping: { type: "ping", payload: { errors: [error] } },
  closed: { code: 4403, reason },
  events: { errors: [error] },
  parts: { payload: null, errors: [error] },
});

describe("at exp", () => {
  test("everything open ends, and not a millisecond before", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const { socket, ends, areOpen } = await openAll(api, ada);

    api.clock.set(new Date(ada.expiresAt.getTime() - 1));
    api.timer.elapse(60_000);
    socket.send({ type: "ping", payload: { still: "here" } });
    expect(await socket.next()).toEqual({ type: "pong", payload: { still: "here" } });
    expect(areOpen()).toBe(true);

    api.clock.set(ada.expiresAt);
    const error = refusal("TOKEN_EXPIRED", { api, account: ada, other: ada });
    api.timer.elapse(1);
    expect(await ends()).toEqual(told(error, "TOKEN_EXPIRED"));
  });

  test("no event from then on is sent", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const bob = await api.register("Bob");
    const { ends } = await openAll(api, ada);
    await openAll(api, bob);
    api.clock.set(ada.expiresAt);
    const { body } = await api.send("mutation ($i: LoginInput!) { login(input: $i) { accessToken } }", {
      variables: { i: { email: bob.email, password: bob.password } },
    });
    // Before any timer has looked at the clock.
    await createPost({ send: (query, options) => api.send(query, { ...options, token: body.data.login.accessToken }) });
    expect(await ends()).toEqual(told(refusal("TOKEN_EXPIRED", { api, account: ada, other: ada }), "TOKEN_EXPIRED"));
  });

  test("connections last until the end of the clock tolerance", async () => {
    const api = await startApi({ CLOCK_TOLERANCE: "5s" });
    const ada = await api.register("Ada");
    const { ends, areOpen } = await openAll(api, ada);
    api.clock.set(new Date(ada.expiresAt.getTime() + 4999));
    api.timer.elapse(1000);
    expect(areOpen()).toBe(true);
    api.clock.advance(1);
    api.timer.elapse(1000);
    expect((await ends()).closed).toEqual({ code: 4403, reason: "TOKEN_EXPIRED" });
  });

  test("a clock that was set forward is noticed within a second", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const { ends } = await openAll(api, ada);
    api.clock.advance(3_600_000);
    api.timer.elapse(1000);
    expect((await ends()).closed.reason).toBe("TOKEN_EXPIRED");
  });
});

const change =
  "mutation ($current: String!, $new: String!) { changePassword(input: { currentPassword: $current, newPassword: $new }) { endedSessions } }";
type Ending = {
  readonly by: string;
  readonly reason: string;
  readonly end: (at: Api, account: Account) => Promise<unknown>;
};
const endings: Ending[] = [
  {
    by: "logging out",
    reason: "SESSION_REVOKED",
    end: (at, { token }) => at.send("mutation { logout { endedSessions } }", { token }),
  },
  {
    by: "logging out everywhere",
    reason: "SESSION_REVOKED",
    end: (at, { token }) => at.send("mutation { logoutEverywhere { endedSessions } }", { token }),
  },
  {
    by: "revoking it",
    reason: "SESSION_REVOKED",
    end: (at, { token, sessionId }) =>
      at.send("mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }", {
        token,
        variables: { id: sessionId },
      }),
  },
  {
    by: "changing the password elsewhere",
    reason: "SESSION_REVOKED",
    async end(at, { email, password }) {
      const { body } = await at.send("mutation ($i: LoginInput!) { login(input: $i) { accessToken } }", {
        variables: { i: { email, password } },
      });
      const variables = { current: password, new: "another password entirely" };
      return at.send(change, { token: body.data.login.accessToken, variables });
    },
  },
  {
    by: "a refresh token that is used again",
    reason: "SESSION_REVOKED",
    async end(at, { refreshToken }) {
      const refresh = (token: string) =>
        at.send("mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { refreshToken } }", {
          variables: { t: token },
        });
      const { body } = await refresh(refreshToken);
      await refresh(body.data.refreshSession.refreshToken);
      at.clock.advance(600_000);
      return refresh(refreshToken);
    },
  },
  {
    by: "deleting the account",
    reason: "USER_GONE",
    end: (at, { token, password }) =>
      at.send("mutation ($p: String!) { deleteAccount(input: { currentPassword: $p }) { deletedUserId } }", {
        token,
        variables: { p: password },
      }),
  },
];

describe.each(endings)("by $by", ({ reason, end }) => {
  test("all connections of the session end, on the same server", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const { ends } = await openAll(api, ada);
    await end(api, ada);
    const error = refusal(reason as "USER_GONE", { api, account: ada, other: ada });
    expect(await ends()).toEqual(told(error, reason));
  });

  test("all connections of the session end, on another server", async () => {
    const url = await newDatabaseUrl();
    const [one, two] = [await startApi({ DATABASE_URL: url }), await startApi({ DATABASE_URL: url })];
    const ada = await one.register("Ada");
    const { ends } = await openAll(one, ada);
    await end(two, ada);
    one.timer.elapse(50);
    expect(await ends()).toEqual(told(refusal(reason as "USER_GONE", { api: one, account: ada, other: ada }), reason));
  });

  test("connections of other sessions stay open", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const { ends } = await openAll(api, ada);
    const other = await follow(api, bob.token);
    await other.event();
    await end(api, ada);
    await ends();
    // With the account goes nothing that Bob could have seen.
    await createPost(bob);
    expect(await other.event()).toMatchObject({ kind: "ADDED" });
  });
});

test("operations that a socket sent before it ended its own session are answered, and no later ones", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const socket = await connect(api, ada.token);
  socket.subscribe("out", "mutation { logout { endedSessions } }");
  expect(await socket.next()).toEqual({ type: "next", id: "out", payload: { data: { logout: { endedSessions: 1 } } } });
  expect((await socket.next()).type).toBe("complete");
  const { type } = await socket.next();
  expect(type).toBe("ping");
  socket.subscribe("late", `mutation { createPost(input: { title: "Late", content: "C" }) { post { id } } }`);
  expect(await socket.closed).toEqual({ code: 4403, reason: "SESSION_REVOKED" });
  expect(socket.rest()).toEqual([]);
  expect(await rows(api.server.database, "select id from posts")).toEqual([]);
});

describe("a newer token", () => {
  const refresh = async (api: Api, refreshToken: string) => {
    const { body } = await api.send(
      "mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { accessToken refreshToken expiresAt } }",
      { variables: { t: refreshToken } },
    );
    return body.data.refreshSession as { accessToken: string; refreshToken: string; expiresAt: string };
  };
  const renew = (socket: TestSocket, token: string) =>
    socket.send({ type: "ping", payload: { authorization: `Bearer ${token}` } });

  test("extends an open socket, again and again", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const socket = await follow(api, ada.token);
    await socket.event();
    let { refreshToken } = ada;
    for (let lifetime = 0; lifetime < 4; lifetime += 1) {
      api.clock.advance(25 * 60_000);
      api.timer.elapse(1000);
      const newer = await refresh(api, refreshToken);
      ({ refreshToken } = newer);
      renew(socket, newer.accessToken);
      expect(await socket.next()).toEqual({
        type: "pong",
        payload: { expiresAt: newer.expiresAt, expiresIn: 1799, serverTime: api.clock().toISOString() },
      });
    }
    await createPost({
      send: async (query, options) =>
        api.send(query, { ...options, token: (await refresh(api, refreshToken)).accessToken }),
    });
    expect(await socket.event()).toMatchObject({ kind: "ADDED" });
    // And then it ends after all.
    api.clock.advance(30 * 60_000);
    api.timer.elapse(1000);
    expect((await socket.next()).type).toBe("ping");
    expect(await socket.closed).toEqual({ code: 4403, reason: "TOKEN_EXPIRED" });
  });

  test("that is invalid, older or of another session changes nothing, and the client learns so", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const socket = await connect(api, ada.token);
    api.clock.advance(60_000);
    const { accessToken, expiresAt } = await refresh(api, ada.refreshToken);
    renew(socket, accessToken);
    expect((await socket.next()).payload.expiresAt).toBe(expiresAt);

    for (const [token, reason] of [
      ["nonsense", "TOKEN_INVALID"],
      [bob.token, "TOKEN_INVALID"],
    ] as const) {
      renew(socket, token);
      const error = refusal(reason, { api, account: ada, other: bob });
      expect(await socket.next()).toEqual({ type: "pong", payload: { errors: [error] } });
    }
    renew(socket, ada.token);
    expect((await socket.next()).payload.expiresAt).toBe(expiresAt);

    api.clock.set(ada.expiresAt);
    api.timer.elapse(1000);
    socket.subscribe("1", "{ me { name } }");
    expect((await socket.next()).payload).toEqual({ data: { me: { name: "Ada" } } });
    expect((await socket.next()).type).toBe("complete");
    renew(socket, ada.token);
    expect(await socket.next()).toMatchObject({ payload: { errors: [{ extensions: { reason: "TOKEN_EXPIRED" } }] } });
  });
});

test("a newer token comes too late when the one before has expired, even before the timer fires", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const socket = await connect(api, ada.token);
  api.clock.advance(60_000);
  const newer = await api.send(
    `mutation { refreshSession(input: { refreshToken: "${ada.refreshToken}" }) { accessToken } }`,
  );
  api.clock.set(ada.expiresAt);
  const authorization = `Bearer ${newer.body.data.refreshSession.accessToken}`;
  socket.send({ type: "ping", payload: { authorization } });
  expect(await socket.next()).toMatchObject({ type: "ping", payload: { errors: [{ message: expect.any(String) }] } });
  expect(await socket.closed).toEqual({ code: 4403, reason: "TOKEN_EXPIRED" });
});

test("two different credentials are refused; the same one twice is accepted", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const headers = { authorization: `Bearer ${ada.token}` };
  const same = await openSocket(api, { headers });
  same.send({ type: "connection_init", payload: { authorization: `Bearer ${ada.token}` } });
  expect((await same.next()).type).toBe("connection_ack");
  for (const authorization of [`Bearer ${bob.token}`, "", 7]) {
    const different = await openSocket(api, { headers });
    different.send({ type: "connection_init", payload: { authorization } });
    expect(await different.closed).toEqual({ code: 4403, reason: "TOKEN_INVALID" });
  }
});

test("without a credential, public reads deliver the events that everybody may see", async () => {
  const api = await startApi({ PUBLIC_READS: "true" });
  const ada = await api.register("Ada");
  const socket = await openSocket(api);
  socket.send({ type: "connection_init" });
  expect(await socket.next()).toEqual({
    type: "connection_ack",
    payload: { expiresAt: null, expiresIn: null, serverTime: api.clock().toISOString() },
  });
  socket.subscribe("1", "subscription { postEvents { kind } }");
  expect((await socket.next()).payload.data.postEvents).toEqual({ kind: "READY" });
  await createPost(ada, { published: false });
  await createPost(ada);
  expect((await socket.next()).payload.data.postEvents).toEqual({ kind: "ADDED" });
  // Nothing ends that has no end.
  api.clock.advance(86_400_000);
  api.timer.elapse(1000);
  socket.subscribe("2", "{ posts { nodes { title } } }");
  expect((await socket.next()).payload.errors).toBeUndefined();
});

test.runIf(inject("database") === "sqlite")("a socket ends in time even if its database is away", async () => {
  const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
  const ada = await api.register("Ada");
  const socket = await connect(api, ada.token);
  await rows(api.server.database, "alter table events rename to events_away");
  api.timer.elapse(50);
  api.clock.set(ada.expiresAt);
  api.timer.elapse(1000);
  expect(await socket.closed).toEqual({ code: 4403, reason: "TOKEN_EXPIRED" });
});
