import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import type * as Sessions from "../../../src/client/index.js";
import type * as Live from "../../../src/client/live.js";
import { startApi, type Api } from "../../support/api.js";
import { chromiumFile, openBrowser } from "../../support/browser.js";
import { newDatabaseUrl } from "../../support/database.js";
import { createPost } from "../../support/posts.js";

if (chromiumFile === undefined)
  console.warn("Not tested: the client in a browser, since there is no Chromium (apt-get install chromium)");

const minutes = 60_000;
const hours = 60 * minutes;

let browser: Browser;
beforeAll(async () => {
  if (chromiumFile !== undefined) browser = await openBrowser();
});
afterAll(() => browser?.close());

/** The globals of a test's page. */
type Window = {
  kit: typeof Sessions & typeof Live;
  session: Sessions.Session;
  /** Why sessions were over, as they were told. */
  ends: string[];
  seen: string[];
};

/** A page that loads the built client as it is: nothing is bundled. */
const html = `<!doctype html><title>Tab</title>
<script type="importmap">{ "imports": { "graphql-ws/client": "/node_modules/graphql-ws/dist/client.js" } }</script>
<script type="module">
  import * as sessions from "/dist/client/index.js";
  import * as live from "/dist/client/live.js";
  Object.assign(window, { kit: { ...sessions, ...live }, ends: [], seen: [] });
</script>`;

/** Serves that page and the files that it asks for. */
async function servePage(): Promise<string> {
  const server = createServer(({ url = "/" }, response) => {
    if (url === "/") return response.setHeader("content-type", "text/html").end(html);
    if (!/^\/(dist\/client|node_modules\/graphql-ws\/dist)\/[\w-]+\.js$/.test(url))
      return response.writeHead(404).end();
    return response.setHeader("content-type", "text/javascript").end(readFileSync(`.${url}`));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => server.close().closeAllConnections());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A browser's profile that may open tabs of an application, and a server that lets it call. */
async function start(settings: Record<string, string> = {}) {
  const origin = await servePage();
  const api = await startApi({ CORS_ORIGINS: origin, ...settings });
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return { api, context, origin, open: (url = api.url) => openTab(context, origin, url) };
}

/** A tab that keeps its session in the storage of the profile. */
async function openTab(context: BrowserContext, origin: string, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  await load(page, url);
  return page;
}

async function load(page: Page, url: string): Promise<void> {
  await page.waitForFunction(() => "kit" in globalThis);
  await page.evaluate((endpoint) => {
    const { kit, ends } = globalThis as unknown as Window;
    const onSignedOut = (reason: string) => void ends.push(reason);
    Object.assign(globalThis, { session: kit.createSession({ url: endpoint, store: kit.webStore(), onSignedOut }) });
  }, url);
}

async function signIn(page: Page, api: Api): Promise<void> {
  const { token: accessToken, refreshToken } = await api.register("Ada");
  await page.evaluate((tokens) => (globalThis as unknown as Window).session.signIn(tokens), {
    accessToken,
    refreshToken,
    expiresIn: 1799,
  });
}

/** Whom the server takes a tab's requests for: a name, why it is nobody, or why there is no answer. */
const whoIs = (page: Page) =>
  page.evaluate(async () => {
    const { session } = globalThis as unknown as Window;
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"query":"{ me { name } }"}`,
    };
    const answer = await session.fetch(session.url, init).catch((error: Error) => error);
    if (answer instanceof Error) return answer.message;
    const { data, errors } = JSON.parse(await answer.text());
    return (data?.me.name ?? errors[0].extensions.reason) as string;
  });
const endsOf = (page: Page) => page.evaluate(() => (globalThis as unknown as Window).ends);

const refreshes = (api: Api) => api.events().filter(({ event }) => event === "session refreshed").length;
/** How many requests were refused. */
const refused = (api: Api) => api.logged().filter(({ msg, status }) => msg === "request" && status === 401).length;

describe.skipIf(chromiumFile === undefined)("the client in a browser", () => {
  test("tabs whose tokens expire at once share one refresh, and a reload stays signed in", async () => {
    const { api, open } = await start();
    const tabs = [await open()];
    await signIn(tabs[0]!, api);
    tabs.push(await open(), await open());
    for (const round of [1, 2]) {
      // The browser's clock doesn't move: each tab learns it from the server.
      api.clock.advance(30 * minutes);
      expect(await Promise.all(tabs.map(whoIs))).toEqual(["Ada", "Ada", "Ada"]);
      expect(refreshes(api)).toBe(round);
    }
    await tabs[1]!.reload();
    await load(tabs[1]!, api.url);
    expect(await whoIs(tabs[1]!)).toBe("Ada");
    for (const tab of tabs) expect(await endsOf(tab)).toEqual([]);
  });

  test("the end of a session is reported once in each tab", async () => {
    const { api, open } = await start();
    const one = await open();
    await signIn(one, api);
    const two = await open();
    const again = await api.as("Ada");
    expect((await again.send("mutation { logoutEverywhere { endedSessions } }")).body.errors).toBeUndefined();

    expect(await Promise.all([whoIs(one), whoIs(one), whoIs(one)])).toEqual(
      Array.from({ length: 3 }, () => "SESSION_REVOKED"),
    );
    await two.waitForFunction(() => (globalThis as unknown as Window).ends.length > 0);
    expect(await endsOf(two)).toEqual(["ELSEWHERE"]);
    await expect.poll(() => endsOf(one)).toEqual(["SESSION_REVOKED"]);
    expect(await whoIs(two)).toBe("TOKEN_MISSING");
  });

  test.each([
    { clock: "two hours fast", ahead: 2 * hours },
    { clock: "two hours slow", ahead: -2 * hours },
  ])("tokens are renewed in time if the machine's clock is $clock", async ({ ahead }) => {
    const { api, context, open } = await start();
    await context.clock.install({ time: api.clock().getTime() + ahead });
    const tab = await open();
    await signIn(tab, api);
    for (const round of [1, 2]) {
      api.clock.advance(29 * minutes);
      await tab.clock.fastForward(29 * minutes);
      expect(await whoIs(tab)).toBe("Ada");
      expect(refreshes(api)).toBe(round - 1);
      api.clock.advance(55_000);
      await tab.clock.fastForward(55_000);
      expect(await whoIs(tab)).toBe("Ada");
      expect(refreshes(api)).toBe(round);
    }
    expect(refused(api)).toBe(0);
  });

  test("a browser that is offline keeps its session, and goes on with it afterwards", async () => {
    const { api, context, open } = await start();
    const tab = await open();
    await signIn(tab, api);
    api.clock.advance(2 * hours);
    await context.setOffline(true);
    expect(await whoIs(tab)).toBe("Failed to fetch");
    await context.setOffline(false);
    expect(await whoIs(tab)).toBe("Ada");
    expect(await endsOf(tab)).toEqual([]);
  });

  test("live posts go on after tokens have expired and the server was restarted", async () => {
    const { api, origin, open } = await start({ DATABASE_URL: await newDatabaseUrl() });
    const tab = await open();
    await signIn(tab, api);
    await tab.evaluate(() => {
      const { kit, session, seen } = globalThis as unknown as Window;
      const live = kit.createLiveClient({ session });
      const query = "subscription ($after: String) { postEvents(after: $after) { kind cursor post { title } } }";
      const next = ({ data }: any) => void seen.push(data.postEvents.post?.title ?? data.postEvents.kind);
      live.subscribe({ query }, { next, error: (error) => void seen.push(String(error)), complete() {} });
    });
    const sees = async (...titles: string[]) => {
      await expect.poll(() => tab.evaluate(() => (globalThis as unknown as Window).seen)).toEqual(["READY", ...titles]);
    };
    await sees();
    const bob = await api.register("Bob");
    await createPost(bob, { title: "one" });
    await sees("one");

    api.clock.advance(30 * minutes);
    api.timer.elapse(1000);
    const carol = await api.register("Carol");
    await createPost(carol, { title: "two" });
    await sees("one", "two");

    await api.stop();
    const { databaseUrl, now } = { databaseUrl: api.server.database.url, now: api.clock() };
    const after = await startApi({ CORS_ORIGINS: origin, DATABASE_URL: databaseUrl, PORT: new URL(api.url).port });
    after.clock.set(now);
    await createPost(await after.register("Dave"), { title: "three" });
    await sees("one", "two", "three");
    expect(await endsOf(tab)).toEqual([]);
  });
});
