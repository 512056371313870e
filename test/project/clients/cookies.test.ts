import { RequestCookies, ResponseCookies } from "@edge-runtime/cookies";
import { expect, test } from "vitest";

import { cookieStore, fetchFor, forward } from "../../../docs/clients/cookies.js";
import { createClient } from "../../../docs/clients/fetch.js";
import { startApi, type Api } from "../../support/api.js";
import { operations, type Tokens } from "../../support/client-scenarios.js";

const minutes = 60_000;

type Visitor = ReturnType<typeof createClient>;

/** The answers of the site by path, as in the pages for Next and SvelteKit. */
const routes: Record<string, (visitor: Visitor, request: Request) => Promise<Response>> = {
  async "/sign-in"({ request: ask, session }, request) {
    const { login } = await ask<{ login: Tokens }>(operations.logIn, { input: await request.json() });
    await session.signIn(login);
    return new Response("signed in");
  },
  async "/sign-out"({ request: ask, session }) {
    await ask("mutation { logout { endedSessions } }");
    await session.signOut();
    return new Response("signed out");
  },
  async "/"({ request: ask }) {
    const { me } = await ask<{ me: { name: string } }>("{ me { name } }");
    return new Response(`Hello ${me.name}`);
  },
  "/graphql": ({ session }, request) => forward(request, session),
};

/** A site on a web server. Its routes get the standard's requests, and its cookies are those of Next. */
function siteOf(api: Api) {
  return async (request: Request): Promise<Response> => {
    const headers = new Headers();
    const [sent, changed] = [new RequestCookies(request.headers), new ResponseCookies(headers)];
    const store = cookieStore({
      get: (name) => sent.get(name)?.value,
      set: (name, value, attributes) => void changed.set(name, value, attributes),
    });
    const now = () => api.clock().getTime();
    const visitor = createClient({ url: api.url, store, now, fetch: fetchFor("192.0.2.7") });
    const response = await routes[new URL(request.url).pathname]!(visitor, request).catch(
      (error) => new Response(error.errors[0].extensions.reason, { status: 500 }),
    );
    for (const cookie of headers.getSetCookie()) response.headers.append("set-cookie", cookie);
    return response;
  };
}

/** A browser with the cookies of a site. */
function browserOf(site: (request: Request) => Promise<Response>) {
  const jar = new Map<string, string>();
  const visit = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set("cookie", [...jar].map((pair) => pair.join("=")).join("; "));
    if (typeof init.body === "string") headers.set("content-length", String(Buffer.byteLength(init.body)));
    const response = await site(new Request(new URL(path, "https://site.example"), { ...init, headers }));
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (/Max-Age=0\b/.test(cookie)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    return response;
  };
  const read = async (...request: Parameters<typeof visit>) => (await visit(...request)).text();
  return { jar, visit, read };
}

const posting = (body: object) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

async function start(settings: Record<string, string> = {}) {
  const api = await startApi({ TRUST_PROXY: "loopback", ...settings });
  const ada = await api.register("Ada");
  const browser = browserOf(siteOf(api));
  const signedIn = await browser.visit("/sign-in", posting({ email: ada.email, password: ada.password }));
  const refreshes = () => api.events().filter(({ event }) => event === "session refreshed").length;
  return { api, ada, browser, signedIn, refreshes };
}

test("a sign-in on the server leaves a cookie that scripts can't read, and its tokens nowhere else", async () => {
  const { api, browser, signedIn } = await start();
  const [cookie, ...others] = new ResponseCookies(signedIn.headers).getAll();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "lax", path: "/", maxAge: 90 * 24 * 60 * 60 });
  expect(cookie!.value.length).toBeLessThan(2000);
  expect(await signedIn.text()).toBe("signed in");
  expect(await browser.read("/")).toBe("Hello Ada");
  // Guesses of passwords are counted by the browser's address, not by the web server's.
  expect(api.logged().findLast(({ rootFields }) => String(rootFields) === "login")).toMatchObject({
    address: "192.0.2.7",
  });
});

test("pages and queries renew the cookie, and those that do so at once stay signed in", async () => {
  const { api, browser, refreshes } = await start();
  const query = posting({ query: "{ me { name } }" });
  const ada = { data: { me: { name: "Ada" } } };
  for (const round of [1, 2, 3]) {
    api.clock.advance(30 * minutes);
    const before = browser.jar.get("session");
    const [page, answer] = await Promise.all([browser.read("/"), browser.read("/graphql", query)]);
    expect([page, JSON.parse(answer)]).toEqual(["Hello Ada", ada]);
    expect(refreshes()).toBe(2 * round);
    expect(browser.jar.get("session")).not.toBe(before);
  }
  expect(JSON.parse(await browser.read("/graphql", query))).toEqual(ada);
  expect(refreshes()).toBe(6);
});

test("a page that can't set cookies is rendered all the same, and the next request renews them", async () => {
  const { api, browser } = await start();
  const site = siteOf(api);
  api.clock.advance(30 * minutes);
  for (const _ of [1, 2]) {
    const lost = browserOf(site);
    for (const [name, value] of browser.jar) lost.jar.set(name, value);
    expect(await lost.read("/")).toBe("Hello Ada");
    api.clock.advance(minutes);
  }
  expect(await browser.read("/")).toBe("Hello Ada");
});

test("the end of a session and signing out remove the cookie", async () => {
  const { api, ada, browser } = await start();
  await ada.send("mutation { logoutEverywhere { endedSessions } }");
  const refused = await browser.visit("/graphql", posting({ query: "{ me { name } }" }));
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toContain("invalid_token");
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
  expect(browser.jar.size).toBe(0);
  expect(await browser.read("/")).toBe("TOKEN_MISSING");

  await browser.visit("/sign-in", posting({ email: ada.email, password: ada.password }));
  expect(await browser.read("/sign-out")).toBe("signed out");
  expect(browser.jar.size).toBe(0);
  expect(api.events().findLast(({ event }) => event === "session ended")).toMatchObject({ cause: "logout" });
});

test("the endpoint of the site takes nothing that another site's page can send, and no large body", async () => {
  const { api, browser } = await start();
  const statusOf = async (init: RequestInit) => (await browser.visit("/graphql", { method: "POST", ...init })).status;
  const body = JSON.stringify({ query: "mutation { logoutEverywhere { endedSessions } }" });
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/plain;application/json"])
    expect(await statusOf({ headers: { "content-type": type }, body })).toBe(415);
  expect(await statusOf(posting({ query: " ".repeat(1_000_001) }))).toBe(413);
  const unknownLength = new Blob([body]).stream();
  const init = { headers: { "content-type": "application/json" }, body: unknownLength, duplex: "half" };
  expect(await statusOf(init as unknown as RequestInit)).toBe(413);
  expect(await browser.read("/")).toBe("Hello Ada");
  expect(api.events().filter(({ event }) => event === "session ended")).toEqual([]);
});

test("other data in the cookie signs nobody in", async () => {
  const { api } = await start();
  for (const text of ["", "{", "null", "[]", '"Ada"', "{}", '{"id":"1"}']) {
    const browser = browserOf(siteOf(api));
    browser.jar.set("session", encodeURIComponent(text));
    expect(await browser.read("/")).toBe("TOKEN_MISSING");
  }
});
