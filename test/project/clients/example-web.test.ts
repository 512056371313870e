import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { build, preview } from "vite";

import { generateExample } from "../../../scripts/codegen.js";
import { startApi, type Api } from "../../support/api.js";
import { chromiumFile, openBrowser } from "../../support/browser.js";
import { newFolder } from "../../support/files.js";
import { createPost, updatePost, votePost } from "../../support/posts.js";

test("its documents have the types that the schema gives them (if not: npm run documents)", async () => {
  const folder = join(newFolder(), "gql");
  await generateExample(folder);
  const filesIn = (place: string) => readdirSync(place).map((name) => [name, readFileSync(join(place, name), "utf8")]);
  expect(filesIn("examples/web/gql")).toEqual(filesIn(folder));
});

if (chromiumFile === undefined)
  console.warn("Not tested: the web example, since there is no Chromium (apt-get install chromium)");

describe.skipIf(chromiumFile === undefined)("the web example", () => {
  const root = resolve("examples/web");
  let browser: Browser;
  let outDir: string;
  beforeAll(async () => {
    browser = await openBrowser();
    outDir = mkdtempSync(join(tmpdir(), "postern-test-example-"));
    await build({ root, logLevel: "error", build: { outDir, emptyOutDir: true } });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(outDir, { recursive: true, force: true });
  });

  /** A server, the built application before it, and a browser's profile. */
  async function start() {
    const api = await startApi();
    const proxy = { "/graphql": { target: new URL("/", api.url).href, ws: true } };
    const pages = await preview({
      root,
      // Its proxy tells of connections that end with the server.
      logLevel: "silent",
      build: { outDir },
      preview: { port: 0, host: "127.0.0.1", proxy },
    });
    const context = await browser.newContext();
    onTestFinished(async () => {
      await context.close();
      await pages.close();
    });
    const [url] = pages.resolvedUrls!.local;
    return { api, context, open: () => openPage(context, url!) };
  }

  /** A page on which nothing may go wrong that isn't told to whoever looks at it. */
  async function openPage(context: BrowserContext, url: string): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    onTestFinished(() => expect(wrong).toEqual([]));
    await page.goto(url);
    return page;
  }

  async function register(page: Page): Promise<void> {
    await page.getByRole("button", { name: "I am new here" }).click();
    await page.getByPlaceholder("Name").fill("Ada");
    await page.getByPlaceholder("Email").fill("ada@example.com");
    await page.getByPlaceholder("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Register", exact: true }).click();
    await page.getByText("Posts").waitFor();
  }

  const titlesOn = (page: Page) => page.locator("article h2").allTextContents();
  const shows = async (page: Page, ...titles: string[]) => {
    await expect.poll(() => titlesOn(page), { timeout: 20_000 }).toEqual(titles);
  };

  /** Lets the half hour of a token pass, of which the browser's clock knows nothing. */
  function expire(api: Api): void {
    api.clock.advance("30m");
    api.timer.elapse(1000);
  }

  test("shows changes as they happen, also after tokens have expired", async () => {
    const { api, open } = await start();
    const page = await open();
    await register(page);
    const bob = await api.as("Bob");
    const rain = await createPost(bob, { title: "Rain" });
    await shows(page, "Rain");

    await page.getByPlaceholder("Title").fill("Snow");
    await page.getByPlaceholder("What do you want to say?").fill("It is falling");
    await page.getByRole("button", { name: "Publish" }).click();
    await shows(page, "Snow", "Rain");

    for (const round of [1, 2]) {
      expire(api);
      const carol = await api.as(`Carol ${round}`);
      await votePost(carol, rain);
      await page.getByRole("button", { name: `▲ ${round}` }).waitFor();
    }
    const again = await api.as("Bob");
    await updatePost(again, { id: rain, title: "More rain" });
    await shows(page, "Snow", "More rain");
    await page.locator("article", { hasText: "More rain" }).getByRole("button").click();
    await page.getByRole("button", { name: "▲ 3" }).waitFor();
    await updatePost(again, { id: rain, published: false });
    await shows(page, "Snow");
    expect(api.events().filter(({ event }) => event === "session refreshed")).toHaveLength(2);
  });

  test("stays signed in over a reload and in another tab, and is signed out in both at once", async () => {
    const { api, open } = await start();
    const page = await open();
    await register(page);
    await createPost(await api.as("Bob"), { title: "Rain" });
    await page.reload();
    await shows(page, "Rain");
    const other = await open();
    await shows(other, "Rain");

    await other.getByRole("button", { name: "Sign out" }).click();
    for (const tab of [page, other]) await tab.getByRole("heading", { name: "Sign in" }).waitFor();
    const ended = api.events().filter(({ event }) => event === "session ended");
    expect(ended).toHaveLength(1);
  });

  test("says that the session was ended elsewhere, and why a sign-in was refused", async () => {
    const { api, open } = await start();
    const page = await open();
    await register(page);
    const elsewhere = await api.as("Ada");
    await elsewhere.send("mutation { logoutEverywhere { endedSessions } }");
    const status = page.getByRole("status");
    // A socket that was about to begin is told by the next look at the log, for which the server waits a while.
    await expect.poll(() => (api.timer.elapse(50), status.count()), { timeout: 20_000 }).toBe(1);
    expect(await status.textContent()).toBe("This session was ended. Sign in again.");

    await page.getByPlaceholder("Email").fill("ada@example.com");
    await page.getByPlaceholder("Password").fill("another password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").getByText("password").waitFor();
    await page.getByPlaceholder("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("Posts").waitFor();
    expect(api.events().map(({ event }) => event)).toEqual([
      "signed in",
      "session ended",
      "session ended",
      "refresh refused",
      "sign-in refused",
      "signed in",
    ]);
  });
});
