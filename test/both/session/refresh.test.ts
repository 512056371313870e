import { describe, expect, test } from "vitest";

import { startApi, type Api } from "../../support/api.js";
import { rows } from "../../support/rows.js";

const minutes = 60_000;
const days = 24 * 60 * minutes;

const refresh = (api: Api, refreshToken: string, headers: Record<string, string> = {}) =>
  api.send(
    `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) {
      accessToken refreshToken expiresAt expiresIn refreshExpiresAt serverTime user { id email sessions { id current } } } }`,
    { variables: { input: { refreshToken } }, headers },
  );

async function refreshed(api: Api, refreshToken: string) {
  const { body } = await refresh(api, refreshToken);
  expect(body.errors).toBeUndefined();
  return body.data.refreshSession;
}

const reasonOf = async (api: Api, refreshToken: string) => {
  const { status, body } = await refresh(api, refreshToken);
  expect(status).toBe(200);
  expect(body.errors![0]).toMatchObject({
    message: "The session can't be refreshed: sign in again",
    extensions: { code: "INVALID_REFRESH_TOKEN" },
  });
  return body.errors![0]!.extensions["reason"];
};

const lives = async (api: Api, token: string) => (await api.send("{ me { id } }", { token })).status === 200;

test("trades a refresh token for a new pair of the same session", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  api.clock.advance(29 * minutes);

  const pair = await refreshed(api, ada.refreshToken);

  expect(pair).toEqual({
    accessToken: expect.any(String),
    refreshToken: expect.stringMatching(/^[\w-]{43}$/),
    expiresAt: "2026-11-22T09:59:00.000Z",
    expiresIn: 1799,
    refreshExpiresAt: "2026-12-22T09:29:00.417Z",
    serverTime: "2026-11-22T09:29:00.417Z",
    user: { id: ada.id, email: ada.email, sessions: [{ id: ada.sessionId, current: true }] },
  });
  expect(pair.refreshToken).not.toBe(ada.refreshToken);
  expect(await lives(api, pair.accessToken)).toBe(true);
  expect(await lives(api, ada.token)).toBe(true);
});

test("refreshes past an expired access token in the header", async () => {
  const api = await startApi();
  const ada = await api.register();
  api.clock.advance(31 * minutes);
  const { status, body } = await refresh(api, ada.refreshToken, { authorization: `Bearer ${ada.token}` });
  expect(status).toBe(200);
  expect(body.data.refreshSession.user.id).toBe(ada.id);
});

test("answers the same token again within the grace period, as two tabs need", async () => {
  const api = await startApi();
  const ada = await api.register();
  const first = await refreshed(api, ada.refreshToken);
  const later = await refreshed(api, first.refreshToken);

  api.clock.advance(9_999);
  const again = await refreshed(api, ada.refreshToken);

  expect(again.refreshToken).toBe(later.refreshToken);
  expect(await lives(api, again.accessToken)).toBe(true);
});

test("answers a token again whose successor was never used, however late, as a lost answer needs", async () => {
  const api = await startApi();
  const ada = await api.register();
  const lost = await refreshed(api, ada.refreshToken);

  api.clock.advance(20 * days);
  const again = await refreshed(api, ada.refreshToken);

  expect(again.refreshToken).toBe(lost.refreshToken);
  expect(again.refreshExpiresAt).toBe(new Date(api.clock().getTime() + 30 * days).toISOString());
  expect((await refreshed(api, again.refreshToken)).user.id).toBe(ada.id);
});

test("keeps answering such a token as long as its session lives, whatever is pruned meanwhile", async () => {
  const api = await startApi();
  const ada = await api.register();
  const lost = await refreshed(api, ada.refreshToken);
  for (let time = 0; time < 4; time += 1) {
    api.clock.advance(20 * days);
    await api.register();
    expect((await refreshed(api, ada.refreshToken)).refreshToken).toBe(lost.refreshToken);
  }
});

test("treats a used token as theft after the grace period if its successor was used, and ends the session", async () => {
  const api = await startApi();
  const ada = await api.register();
  const second = await refreshed(api, ada.refreshToken);
  const third = await refreshed(api, second.refreshToken);
  expect(await lives(api, third.accessToken)).toBe(true);

  api.clock.advance(10_000);
  expect(await reasonOf(api, ada.refreshToken)).toBe("REUSED");

  for (const { accessToken } of [second, third]) expect(await lives(api, accessToken)).toBe(false);
  for (const { refreshToken } of [ada, second, third])
    expect(await reasonOf(api, refreshToken)).toBe("SESSION_REVOKED");
  expect((await api.send("{ me { id } }", { token: third.accessToken })).body.errors![0]!.extensions["reason"]).toBe(
    "SESSION_REVOKED",
  );
});

test("notices theft whether the thief or the owner is slower", async () => {
  const api = await startApi();
  const ada = await api.register();
  // The thief is first; the owner's next refresh, with the token that was stolen, ends the session for both.
  const thief = await refreshed(api, ada.refreshToken);
  const thiefs = await refreshed(api, thief.refreshToken);
  api.clock.advance(1 * minutes);

  expect(await reasonOf(api, ada.refreshToken)).toBe("REUSED");
  expect(await reasonOf(api, thiefs.refreshToken)).toBe("SESSION_REVOKED");
});

test("answers 20 refreshes at once with one successor in one session", async () => {
  const api = await startApi();
  const ada = await api.register();

  const pairs = await Promise.all(Array.from({ length: 20 }, () => refreshed(api, ada.refreshToken)));

  expect(new Set(pairs.map((pair) => pair.refreshToken)).size).toBe(1);
  expect(new Set(pairs.map((pair) => pair.accessToken)).size).toBe(20);
  expect(await rows(api.server.database, "select id from sessions")).toEqual([{ id: ada.sessionId }]);
  expect(await rows(api.server.database, "select * from refresh_tokens")).toHaveLength(2);
});

test("refuses an unknown token, and ends no session because of it", async () => {
  const api = await startApi();
  const ada = await api.register();
  const used = ada.refreshToken;
  const { refreshToken, accessToken } = await refreshed(api, used);
  const flip = (token: string) => `${token.startsWith("A") ? "B" : "A"}${token.slice(1)}`;

  for (const forged of [flip(refreshToken), flip(used), ada.sessionId, `${ada.sessionId}.x`, "", "\0", ada.token])
    expect(await reasonOf(api, forged)).toBe("UNKNOWN");

  expect(await lives(api, accessToken)).toBe(true);
  expect((await refreshed(api, refreshToken)).user.id).toBe(ada.id);
});

describe("the end of a session", () => {
  test("comes 30 days after the last refresh", async () => {
    const api = await startApi();
    const ada = await api.register();
    api.clock.advance(30 * days - 1000);
    const pair = await refreshed(api, ada.refreshToken);

    api.clock.advance(30 * days);
    expect(await reasonOf(api, pair.refreshToken)).toBe("EXPIRED");
  });

  test("comes 90 days after its beginning, whatever it does", async () => {
    const api = await startApi({ ACCESS_TOKEN_TTL: "24h" });
    const ada = await api.register();
    const end = new Date(api.clock().getTime() + 90 * days);
    let { refreshToken } = ada;
    for (let day = 20; day < 90; day += 20) {
      api.clock.advance(20 * days);
      refreshToken = (await refreshed(api, refreshToken)).refreshToken;
    }

    api.clock.set(new Date(end.getTime() - 60_000));
    const last = await refreshed(api, refreshToken);
    expect(last.refreshExpiresAt).toBe(end.toISOString());
    // In whole seconds, as JWTs have it.
    expect(last.expiresAt).toBe(new Date(end.getTime() - 417).toISOString());

    api.clock.set(new Date(last.expiresAt));
    expect(await lives(api, last.accessToken)).toBe(false);
    // No access token could be valid any longer.
    expect(await reasonOf(api, last.refreshToken)).toBe("EXPIRED");
    api.clock.set(end);
    expect(await reasonOf(api, last.refreshToken)).toBe("EXPIRED");
    api.clock.advance(1000 * days);
    expect(await reasonOf(api, last.refreshToken)).toBe("EXPIRED");
  });
});

test("stores no token, and no successor in plain text", async () => {
  const api = await startApi();
  const ada = await api.register();
  const pair = await refreshed(api, ada.refreshToken);

  const stored = JSON.stringify(await rows(api.server.database, "select * from refresh_tokens"));

  expect(stored).toContain("sealed_successor");
  for (const token of [ada.refreshToken, pair.refreshToken]) expect(stored).not.toContain(token);
});

test("deletes ended sessions a week later and old tokens with time, in batches, when others are written", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const bob = await api.register("Bob");
  await bob.send("mutation { logout { endedSessions } }");
  await refreshed(api, ada.refreshToken);

  api.clock.advance(7 * days);
  expect(await reasonOf(api, bob.refreshToken)).toBe("SESSION_REVOKED");
  api.clock.advance(1);
  await api.register("Cy");
  expect(await reasonOf(api, bob.refreshToken)).toBe("UNKNOWN");
  expect((await bob.send("{ me { id } }")).body.errors![0]!.extensions["reason"]).toBe("TOKEN_EXPIRED");
  expect(await rows(api.server.database, "select id from sessions")).toHaveLength(2);

  api.clock.advance(60 * days);
  await api.register("Dee");
  expect(await rows(api.server.database, "select id from sessions")).toHaveLength(1);
  expect(await rows(api.server.database, "select hash from refresh_tokens")).toHaveLength(1);
});

test("deletes a limited number of rows at a time", async () => {
  const api = await startApi();
  await api.register("Ada");
  const user = (await rows(api.server.database, "select id from users"))[0]!["id"];
  await rows(
    api.server.database,
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
     with recursive n(i) as (select 1 union all select i + 1 from n where i < 30)
     select 'session_' || i, '${user}', 0, 0, 0 from n`,
  );
  await rows(
    api.server.database,
    `insert into refresh_tokens (hash, session_id, used_at, kept_until)
     with recursive n(i) as (select 0 union all select i + 1 from n where i < 299)
     select 'hash' || i, 'session_' || (1 + i % 30), 0, 0 from n`,
  );
  const left = async () => ({
    sessions: (await rows(api.server.database, "select id from sessions where expires_at = 0")).length,
    tokens: (await rows(api.server.database, "select hash from refresh_tokens where used_at = 0")).length,
  });

  await api.register("One");
  expect(await left()).toEqual({ sessions: 30, tokens: 100 });
  await api.register("Two");
  expect(await left()).toEqual({ sessions: 10, tokens: 0 });
  await api.register("Three");
  expect(await left()).toEqual({ sessions: 0, tokens: 0 });
});
