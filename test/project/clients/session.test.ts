import { expect, onTestFinished, test, vi } from "vitest";

import {
  createSession,
  webStore,
  type EndReason,
  type Session,
  type SessionOptions,
} from "../../../src/client/index.js";
import { startApi } from "../../support/api.js";
import { testNetwork } from "../../support/client-scenarios.js";

const minutes = 60_000;

/** A storage of several tabs, which are told of what another writes as a browser tells them. */
function testStorage() {
  const items = new Map<string, string>();
  const tabs: { readonly listeners: Set<(event: { key: string | null }) => void> }[] = [];
  let isFull = false;
  return {
    items,
    fill: () => void (isFull = true),
    /** Opens a tab with its view of the storage and the browser. */
    openTab: () => {
      const tab = { listeners: new Set<(event: { key: string | null }) => void>() };
      tabs.push(tab);
      const tell = (key: string) => {
        for (const other of tabs) if (other !== tab) for (const listener of other.listeners) listener({ key });
      };
      const storage = {
        getItem: (key: string) => items.get(key) ?? null,
        setItem(key: string, value: string) {
          if (isFull) throw new Error("QuotaExceededError");
          items.set(key, value);
          tell(key);
        },
        removeItem(key: string) {
          items.delete(key);
          tell(key);
        },
      };
      const { read, write } = webStore({ storage });
      const watch = (changed: () => void) => {
        const listener = ({ key }: { key: string | null }) => void (key === "postern.session" && changed());
        tab.listeners.add(listener);
        return () => void tab.listeners.delete(listener);
      };
      return { read, write, watch };
    },
  };
}

/** Ada, who is signed in by one session or several of one storage. */
async function start(options: Partial<SessionOptions> = {}) {
  const api = await startApi();
  const network = testNetwork();
  const ada = await api.register("Ada");
  const tokens = { accessToken: ada.token, refreshToken: ada.refreshToken, expiresIn: 1799 };
  const open = (more: Partial<SessionOptions> = {}) => {
    const onSignedOut = vi.fn<(reason: EndReason) => void>();
    const now = () => api.clock().getTime();
    const session = createSession({ url: api.url, onSignedOut, fetch: network.fetch, now, ...options, ...more });
    onTestFinished(session.close);
    return Object.assign(session, { onSignedOut });
  };
  const endEverywhere = () => ada.send("mutation { logoutEverywhere { endedSessions } }");
  return { api, network, ada, tokens, open, endEverywhere };
}

/** Whom the server takes a session's requests for. */
async function whoIs({ fetch, url }: Session): Promise<unknown> {
  const body = JSON.stringify({ query: "{ me { name } }" });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { data, errors } = JSON.parse(await answer.text());
  return data?.me.name ?? errors[0].extensions.reason;
}

test("a new pair is requested ten seconds before the token expires; until then the old one is used", async () => {
  const { api, network, tokens, open } = await start();
  const session = open();
  session.signIn(tokens);
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
  const { api, network, tokens, open } = await start();
  const session = open();
  session.signIn({ ...tokens, expiresIn: 2 });
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
  const { api, tokens, open, endEverywhere } = await start();
  const session = open();
  session.signIn(end === "token" ? { ...tokens, refreshToken: "nobody's", expiresIn: 0 } : tokens);
  if (end === "logoutEverywhere") await endEverywhere();
  if (end === "time") api.clock.advance(31 * 24 * 60 * minutes);

  await Promise.all([whoIs(session), whoIs(session), session.token()]);
  await whoIs(session);
  expect(session.onSignedOut.mock.calls).toEqual([[reason]]);
  expect(session.isSignedIn()).toBe(false);
});

test("an unexpected answer of the server signs nobody out", async () => {
  const { api, network, tokens, open } = await start();
  const session = open();
  session.signIn(tokens);
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
  const { api, tokens, open } = await start({ now: () => 0 });
  const session = open({ fetch });
  session.signIn(tokens);
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
  const { tokens, open } = await start();
  const { openTab, items } = testStorage();
  const before = open({ store: openTab() });
  before.signIn(tokens);
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
  const { api, network, tokens, open } = await start();
  const { openTab } = testStorage();
  const tabs = [open({ store: openTab() })];
  tabs[0]!.signIn(tokens);
  tabs.push(open({ store: openTab() }), open({ store: openTab() }));
  for (const round of [1, 2]) {
    api.clock.advance(30 * minutes);
    for (const tab of tabs) expect(await whoIs(tab)).toBe("Ada");
    expect(network.refreshes()).toBe(round);
  }
});

test("each tab learns once that the session is over, from whichever tab noticed it", async () => {
  const { tokens, open, endEverywhere } = await start();
  const { openTab } = testStorage();
  const [one, two, gone] = [open({ store: openTab() }), open({ store: openTab() }), open({ store: openTab() })];
  one.signIn(tokens);
  gone.close();
  await endEverywhere();
  expect(await whoIs(one)).toBe("SESSION_REVOKED");
  expect(await whoIs(two)).toBe("TOKEN_MISSING");
  expect(one.onSignedOut.mock.calls).toEqual([["SESSION_REVOKED"]]);
  expect(two.onSignedOut.mock.calls).toEqual([["ELSEWHERE"]]);
  expect(gone.onSignedOut).not.toHaveBeenCalled();
});

test("signing out in one tab signs out in all, and no tab's request is sent as the next user", async () => {
  const { api, tokens, open } = await start();
  const bob = await api.register("Bob");
  const { openTab } = testStorage();
  const one = open({ store: openTab() });
  one.signIn(tokens);
  const two = open({ store: openTab() });
  one.signOut();
  expect(two.onSignedOut.mock.calls).toEqual([["ELSEWHERE"]]);
  expect(one.onSignedOut).not.toHaveBeenCalled();

  one.signIn(tokens);
  // A tab that the browser hasn't told yet.
  const { read, write } = openTab();
  const late = open({ store: { read, write } });
  expect(await whoIs(late)).toBe("Ada");
  one.signIn({ accessToken: bob.token, refreshToken: bob.refreshToken, expiresIn: 1799 });
  expect(await whoIs(late)).toBe("TOKEN_MISSING");
  expect(late.onSignedOut.mock.calls).toEqual([["ELSEWHERE"]]);
  expect(await whoIs(late)).toBe("Bob");
});

test("a pair that the storage has no room for isn't lost", async () => {
  const { api, tokens, open } = await start();
  const { openTab, fill } = testStorage();
  const session = open({ store: openTab() });
  session.signIn(tokens);
  fill();
  for (const _ of [1, 2]) {
    api.clock.advance(30 * minutes);
    expect(await whoIs(session)).toBe("Ada");
  }
  session.signOut();
  expect(await whoIs(session)).toBe("TOKEN_MISSING");
});
