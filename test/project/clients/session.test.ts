import { expect, test } from "vitest";

import { startSessions, testStorage, whoIs } from "../../support/client-sessions.js";

const minutes = 60_000;

test("a new pair is requested ten seconds before the token expires; until then the old one is used", async () => {
  const { api, network, tokens, open } = await startSessions();
  const session = open();
  await session.signIn(tokens);
  api.clock.advance(1788_999);
  expect(await session.token()).toBe(tokens.accessToken);
  expect(network.refreshes()).toBe(0);

  api.clock.advance(1);
  network.onAnswer(async () => {
    throw new TypeError("fetch failed");
  });
  expect(await session.token()).toBe(tokens.accessToken);
  expect(network.refreshes()).toBe(1);

  network.onAnswer(async (_request, response) => response);
  expect(await session.token()).not.toBe(tokens.accessToken);
  expect(await whoIs(session)).toBe("Ada");
  expect(network.refreshes()).toBe(2);
});

test("a token of two seconds is used for most of them", async () => {
  const { api, network, tokens, open } = await startSessions();
  const session = open();
  await session.signIn({ ...tokens, expiresIn: 2 });
  api.clock.advance(1799);
  expect(await session.token()).toBe(tokens.accessToken);
  api.clock.advance(1);
  expect(await session.token()).not.toBe(tokens.accessToken);
  expect(network.refreshes()).toBe(1);
});

test.each([
  { of: "a session that was ended", end: "logoutEverywhere", reason: "SESSION_REVOKED" },
  { of: "a session past its end", end: "time", reason: "EXPIRED" },
  { of: "a refresh token that nobody knows", end: "token", reason: "UNKNOWN" },
])("$of is reported once, with its reason", async ({ end, reason }) => {
  const { api, tokens, open, endEverywhere } = await startSessions();
  const session = open();
  await session.signIn(end === "token" ? { ...tokens, refreshToken: "nobody's", expiresIn: 0 } : tokens);
  if (end === "logoutEverywhere") await endEverywhere();
  if (end === "time") api.clock.advance(31 * 24 * 60 * minutes);

  await Promise.all([whoIs(session), whoIs(session), session.token()]);
  await whoIs(session);
  await session.told(reason);
  expect(session.isSignedIn()).toBe(false);
});

test("an unexpected answer of the server signs nobody out", async () => {
  const { api, network, tokens, open } = await startSessions();
  const session = open();
  await session.signIn(tokens);
  api.clock.advance(30 * minutes);
  for (const wrong of [
    new Response("<html>Bad gateway</html>", { status: 502 }),
    Response.json({}),
    Response.json({ errors: [{ message: "Try again", extensions: { code: "SERVICE_UNAVAILABLE" } }] }, { status: 503 }),
  ]) {
    network.onAnswer(async () => wrong);
    await expect(session.token()).rejects.toThrow(/^(Unexpected token|The session was not refreshed|Try again)/);
  }
  network.onAnswer(async (_request, response) => response);
  expect(await whoIs(session)).toBe("Ada");
  expect(session.onSignedOut).not.toHaveBeenCalled();
});

test("a Request object is sent completely, and again if its token was refused", async () => {
  const { api, tokens, open } = await startSessions({ now: () => 0 });
  const session = open({ fetch });
  await session.signIn(tokens);
  api.clock.advance(30 * minutes);
  const request = new Request(api.url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-mine": "kept" },
    body: JSON.stringify({ query: "{ me { name } }" }),
  });
  const answer = await session.fetch(request);
  expect(JSON.parse(await answer.text())).toEqual({ data: { me: { name: "Ada" } } });
});

test("a reload stays signed in, and other data in the storage signs nobody in", async () => {
  const { tokens, open } = await startSessions();
  const { openTab, items } = testStorage();
  const before = open({ store: openTab() });
  await before.signIn(tokens);
  before.close();
  expect(await whoIs(open({ store: openTab() }))).toBe("Ada");

  for (const text of ["{", "null", "[]", '"Ada"', '{"accessToken":"a","refreshToken":"b"}']) {
    items.set("postern.session", text);
    const after = open({ store: openTab() });
    expect(after.isSignedIn()).toBe(false);
    expect(await after.token()).toBeUndefined();
  }
});

test("tabs share each pair: one receives it, the others send it", async () => {
  const { api, network, tokens, open } = await startSessions();
  const { openTab } = testStorage();
  const tabs = [open({ store: openTab() })];
  await tabs[0]!.signIn(tokens);
  tabs.push(open({ store: openTab() }), open({ store: openTab() }));
  for (const round of [1, 2]) {
    api.clock.advance(30 * minutes);
    for (const tab of tabs) expect(await whoIs(tab)).toBe("Ada");
    expect(network.refreshes()).toBe(round);
  }
});

test("each tab learns once that the session is over, from whichever tab noticed it", async () => {
  const { tokens, open, endEverywhere } = await startSessions();
  const { openTab } = testStorage();
  const [one, two, gone] = [open({ store: openTab() }), open({ store: openTab() }), open({ store: openTab() })];
  await one.signIn(tokens);
  gone.close();
  await endEverywhere();
  expect(await whoIs(one)).toBe("SESSION_REVOKED");
  expect(await whoIs(two)).toBe("TOKEN_MISSING");
  await one.told("SESSION_REVOKED");
  await two.told("ELSEWHERE");
  expect(gone.onSignedOut).not.toHaveBeenCalled();
});

test("signing out in one tab signs out in all, and no tab's request is sent as the next user", async () => {
  const { api, tokens, open } = await startSessions();
  const bob = await api.register("Bob");
  const { openTab } = testStorage();
  const one = open({ store: openTab() });
  await one.signIn(tokens);
  const two = open({ store: openTab() });
  await one.signOut();
  expect(two.onSignedOut.mock.calls).toEqual([["ELSEWHERE"]]);
  expect(one.onSignedOut).not.toHaveBeenCalled();

  await one.signIn(tokens);
  // A tab that the browser hasn't told yet.
  const { read, write } = openTab();
  const late = open({ store: { read, write } });
  expect(await whoIs(late)).toBe("Ada");
  await one.signIn({ accessToken: bob.token, refreshToken: bob.refreshToken, expiresIn: 1799 });
  // It believes that it asks for Ada, so it isn't answered as anybody else.
  expect(await whoIs(late)).toBe("SESSION_REVOKED");
  await late.told("ELSEWHERE");
  expect(await whoIs(late)).toBe("Bob");
});

test("a pair that the storage has no room for isn't lost", async () => {
  const { api, tokens, open } = await startSessions();
  const { openTab, fill } = testStorage();
  const session = open({ store: openTab() });
  await session.signIn(tokens);
  fill();
  for (const _ of [1, 2]) {
    api.clock.advance(30 * minutes);
    expect(await whoIs(session)).toBe("Ada");
  }
  await session.signOut();
  expect(await whoIs(session)).toBe("TOKEN_MISSING");
});
