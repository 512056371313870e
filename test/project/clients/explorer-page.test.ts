import axe, { type AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { GraphQLObjectType } from "graphql";
import { makeSchema } from "../../../src/graphql/schema.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { demonstrationAccount } from "../../../src/features/account/demo-account.js";
import { startApi, type Api } from "../../support/api.js";
import { chromiumFile, openBrowser, visit } from "../../support/browser.js";
import { createPost } from "../../support/posts.js";

if (chromiumFile === undefined)
  console.warn(
    "Not tested: the explorer, since there is no Chromium (apt-get install chromium, or TEST_CHROMIUM=file)",
  );

let browser: Browser;
beforeAll(async () => {
  if (chromiumFile !== undefined) browser = await openBrowser();
});
afterAll(() => browser?.close());

/** A server with the demonstration's Ada, and a page of it. */
async function open(options: BrowserContextOptions = {}) {
  const api = await startApi({ ACCESS_TOKEN_TTL: "10m" });
  await registerAda(api);
  const opened = await visit(browser, new URL("/", api.url).href, options);
  onTestFinished(() => opened.page.context().close());
  return { ...opened, api };
}

const registerAda = (api: Api) => {
  const { name, email, password } = demonstrationAccount;
  return api.send("mutation ($input: RegisterInput!) { register(input: $input) { tokenType } }", {
    variables: { input: { name, email, password } },
  });
};

/** Lets time pass on both sides. */
async function pass(page: Page, api: Api, milliseconds: number) {
  api.clock.advance(milliseconds);
  api.timer.elapse(milliseconds);
  await page.clock.fastForward(milliseconds);
}

const bar = (page: Page) => page.getByRole("region", { name: "Session" });
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const status = (page: Page, text: string) => page.locator(".answer-status", { hasText: text }).waitFor();
const signIn = async (page: Page) => {
  await press(page, "Use the demonstration's Ada");
  await page.getByRole("timer").waitFor();
};
const body = (page: Page) => page.getByRole("textbox", { name: "Answer" }).innerText();
/** Says that axe objects to nothing, and that nothing is wider than the page. */
async function accessible(page: Page, where: string) {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  // What is in Sandbox's frame is Apollo's.
  const { violations } = (await page.evaluate("axe.run({ iframes: false })")) as Pick<AxeResults, "violations">;
  const found = violations.map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ html }) => html).join(" ")}`);
  expect(found).toEqual([]);
  const width = (await page.evaluate("document.documentElement.scrollWidth")) as number;
  expect(width).toBeLessThanOrEqual(page.viewportSize()!.width);
}

/** Opens a document as a link does that is followed on the page. */
const openDocument = (page: Page, document: string, variables = "") =>
  page.evaluate(`location.hash = ${JSON.stringify(fragment({ document, variables }))}`);
/** As a link's fragment, secrets included. */
const fragment = (shared: Record<string, string>) => new URLSearchParams(shared).toString();

const descriptionOf = (type: string, field: string): string =>
  (makeSchema().getType(type) as GraphQLObjectType).getFields()[field]!.description!;

describe.runIf(chromiumFile !== undefined)("the explorer", () => {
  test("answers { me } after two clicks, and sends no request to another host", async () => {
    const { page, elsewhere, wrong } = await open();
    await press(page, "Use the demonstration's Ada");
    await press(page, "Run");
    await status(page, "200 OK");
    expect(await body(page)).toContain(demonstrationAccount.email);
    await page.getByRole("tab", { name: "Headers" }).click();
    await page.getByText("application/graphql-response+json; charset=utf-8").waitFor();
    expect(elsewhere).toEqual([]);
    expect(wrong).toEqual([]);
  });

  test("counts down by the server's clock, shows the end, and what a request gets after it", async () => {
    const { page, api, wrong } = await open();
    await signIn(page);
    // The page's time goes on while a test looks, the server's doesn't.
    const timer = page.getByRole("timer");
    await timer.getByText(/^(10:00|9:5\d)$/).waitFor();
    await pass(page, api, 4 * 60_000 + 30_000);
    await timer.getByText(/^5:(30|2\d)$/).waitFor();

    await press(page, "Let it expire now");
    await timer.getByText(/^0:0[1-5]$/).waitFor();
    await page.getByRole("tab", { name: "Session" }).click();
    await page.getByText("2026-11-22 09:04:35 UTC").waitFor();
    await pass(page, api, 5000);
    await timer.getByText("expired").waitFor();
    await press(page, "Run");
    await status(page, "401 Unauthorized");
    expect(await page.getByRole("alert").innerText()).toContain(
      "TOKEN_EXPIRED: the token ended at 2026-11-22T09:04:35.000Z",
    );
    expect(await body(page)).toContain(`"expiredAt": "2026-11-22T09:04:35.000Z"`);

    await press(page, "Renew and run again");
    await status(page, "200 OK");
    await timer.getByText(/^(10:00|9:5\d)$/).waitFor();
    expect(wrong).toEqual([]);
  });

  test("renews by itself if allowed: three refused requests cause one refresh", async () => {
    const { page, api, wrong } = await open();
    await signIn(page);
    await page.getByLabel("Renew by itself").check();
    await pass(page, api, 10 * 60_000);
    // All three are on their way before the first is answered.
    const waiting: (() => void)[] = [];
    await page.route(
      "**/graphql",
      async (route) => {
        await new Promise<void>((go) => {
          waiting.push(go);
          if (waiting.length >= 3) for (const one of waiting.splice(0, 3)) one();
        });
        await route.continue();
      },
      { times: 3 },
    );
    await press(page, "Run");
    for (const field of ["name", "email"]) {
      await openDocument(page, `{ me { ${field} } }`);
      await press(page, "Run");
    }
    await status(page, "200 OK");
    await page.getByText("401 TOKEN_EXPIRED: the token ended at 2026-11-22T09:10:00.000Z").waitFor();
    for (const tab of [0, 1]) {
      await page.locator(".document-tab button:first-child").nth(tab).click();
      await status(page, "200 OK");
    }
    const fields = api.logged().flatMap(({ rootFields }) => rootFields ?? []);
    expect(fields.filter((field: string) => field === "refreshSession")).toHaveLength(1);

    await openDocument(page, "subscription { postEvents { kind cursor } }");
    await press(page, "Run");
    await page.getByRole("log").getByText("READY").waitFor();
    await pass(page, api, 10 * 60_000);
    await page.getByRole("log").getByText("closed: 4403 TOKEN_EXPIRED").waitFor();
    await page.getByRole("log").getByText("open again, after the last cursor").waitFor();
    expect(wrong).toEqual([]);
  });

  test("reports that a session was ended elsewhere, and ends others from the list", async () => {
    const { page, api, wrong } = await open();
    await signIn(page);
    const { email, password } = demonstrationAccount;
    const { body: second } = await api.send(
      `mutation { login(input: { email: "${email}", password: "${password}" }) { accessToken } }`,
    );
    const elsewhere = second.data.login.accessToken as string;
    await page.getByRole("tab", { name: "Session" }).click();
    await page
      .getByRole("button", { name: /^End the session/ })
      .nth(2)
      .waitFor();
    // The newest is the first.
    await page
      .getByRole("button", { name: /^End the session/ })
      .first()
      .click();
    await expect.poll(() => page.getByRole("button", { name: /^End the session/ }).count()).toBe(2);
    expect((await api.send("{ me { id } }", { token: elsewhere })).body.errors![0]!.extensions).toMatchObject({
      reason: "SESSION_REVOKED",
    });

    const { body: third } = await api.send(
      `mutation { login(input: { email: "${email}", password: "${password}" }) { accessToken } }`,
    );
    const token = third.data.login.accessToken as string;
    await page.getByRole("combobox", { name: "Operation to run" }).selectOption("LivePosts");
    await press(page, "Run");
    await page.getByRole("log").getByText("READY").waitFor();
    await api.send("mutation { logoutEverywhere { endedSessions } }", { token });
    await page.getByRole("log").getByText("closed: 4403 SESSION_REVOKED").waitFor();
    await status(page, "The subscription is over");
    await bar(page).getByText("The session has ended: SESSION_REVOKED").waitFor();
    expect(wrong).toEqual([]);
  });

  test.each([
    { transport: "Socket", closed: "closed: 4403 TOKEN_EXPIRED" },
    { transport: "SSE", closed: "closed: TOKEN_EXPIRED" },
  ])("keeps a subscription by $transport going when its token expires", async ({ transport, closed }) => {
    const { page, api, wrong } = await open();
    await signIn(page);
    const other = await api.register("Bea");
    await page.getByRole("combobox", { name: "Operation to run" }).selectOption("LivePosts");
    await page.getByRole("combobox", { name: "Subscribe by" }).selectOption(transport);
    await press(page, "Run");
    const log = page.getByRole("log");
    await log.getByText("READY").waitFor();
    await createPost(other, { title: "While it is open" });
    await log.getByText("While it is open").waitFor();

    if (transport === "Socket") {
      await pass(page, api, 9 * 60_000);
      await bar(page).getByRole("button", { name: "Renew" }).click();
      await log.getByText("renewed: open until 2026-11-22T09:19:00.000Z").waitFor();
    }
    await pass(page, api, 10 * 60_000);
    await log.getByText(closed).waitFor();
    await log.getByText("waits for a renewed token").waitFor();
    const { token } = await login(api, other);
    await createPost({ send: (query, options) => api.send(query, { token, ...options }) }, { title: "Meanwhile" });
    await bar(page).getByRole("button", { name: "Renew" }).click();
    await log.getByText("open again, after the last cursor").waitFor();
    await log.getByText("Meanwhile").waitFor();
    expect(await log.getByText("While it is open").count()).toBe(1);
    expect(await log.getByText("READY").count()).toBe(1);
    expect(wrong).toEqual([]);
    if (transport === "Socket") {
      await api.server.stop();
      return log.getByText("closed: 1012").waitFor();
    }
    await press(page, "Stop");
    await status(page, "The subscription is over");
    // Another run ends a subscription too.
    await press(page, "Run");
    await log.getByText("READY").waitFor();
    await page.locator("[data-live]").waitFor();
    await page.getByRole("combobox", { name: "Operation to run" }).selectOption("Me");
    await press(page, "Run");
    await status(page, "200 OK");
    expect(await page.locator("[data-live]").count()).toBe(0);
  });

  test("keeps documents and history, shares a link, and neither has a token", async () => {
    const { page, api, wrong } = await open({ permissions: ["clipboard-read", "clipboard-write"] });
    await signIn(page);
    const secret = "eyJhbGciOi.eyJzdWIi.c2ln";
    await openDocument(
      page,
      `query Mine($token: String) { me { name } } # ${secret}`,
      `{ "token": "${secret}", "kept": 1 }`,
    );
    await press(page, "Run");
    await status(page, "422");
    const kept = await page.evaluate("JSON.stringify(localStorage)");
    expect(kept).toContain("query Mine");
    expect(kept).toContain("kept");
    expect(kept).not.toMatch(/eyJ/);
    for (const store of ["sessionStorage", "document.cookie"])
      expect(await page.evaluate(`JSON.stringify(${store})`)).not.toMatch(/eyJ/);

    await press(page, "Share");
    await page.getByText("The link was copied").waitFor();
    const link = (await page.evaluate("navigator.clipboard.readText()")) as string;
    expect(link).not.toMatch(/eyJ/);

    await page.reload();
    await page.getByText("query Mine").first().waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByRole("tabpanel", { name: "History" }).getByRole("button", { name: "Mine" }).waitFor();

    const guest = await visit(browser, link);
    onTestFinished(() => guest.page.context().close());
    await guest.page.getByText("query Mine").first().waitFor();
    expect(await guest.page.getByRole("textbox", { name: "Variables" }).innerText()).toContain(`"kept": 1`);
    expect(guest.page.url()).toBe(new URL("/", api.url).href);
    expect(wrong).toEqual([]);
  });

  test("leads through five steps, each ticked off when it has happened", async () => {
    const { page, api, wrong } = await open();
    const step = (id: string) => page.locator(`[data-step=${id}]`);
    const done = async (id: string) => {
      await step(id).getByRole("button").click();
      if (id === "expire") {
        await page
          .getByRole("timer")
          .getByText(/^0:0[1-5]$/)
          .waitFor();
        await pass(page, api, 5000);
      }
      await page.locator(`[data-step=${id}][data-done]`).waitFor();
    };
    for (const id of ["signIn", "create", "list"]) await done(id);
    expect(await body(page)).toContain(`"totalCount": 1`);
    await done("expire");
    expect(await body(page)).toContain("TOKEN_EXPIRED");
    await done("renew");
    await page.getByText("That is the whole of it.").waitFor();
    expect(wrong).toEqual([]);
  });

  test("completes, marks mistakes and explains by the schema, which can be read and searched", async () => {
    const { page, wrong } = await open();
    await openDocument(page, "{ posts { totalCoun } }");
    await page.locator(".cm-lintRange-error").waitFor();
    await page.getByRole("textbox", { name: "Operation" }).press("End");
    for (let back = 0; back < 4; back += 1) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Control+Space");
    await page.getByRole("option", { name: /^totalCountInt/ }).click();
    await page.locator(".cm-content").getByText("totalCount", { exact: true }).hover();
    await page.getByText(descriptionOf("PostConnection", "totalCount")).waitFor();

    await page
      .locator(".cm-content")
      .getByText("totalCount", { exact: true })
      .click({ modifiers: ["Control"] });
    await page.getByRole("heading", { name: "PostConnection" }).waitFor();

    await page.keyboard.press("Alt+d");
    await page.keyboard.type("viewerhas");
    await page.getByRole("button", { name: "Post.viewerHasVoted" }).click();
    await page.getByText(descriptionOf("Post", "viewerHasVoted")).waitFor();
    await page.getByRole("tab", { name: "Types" }).click();
    await page.getByRole("link", { name: "PostConnection" }).press("Enter");
    await page.getByRole("heading", { name: "PostConnection" }).waitFor();
    expect(wrong).toEqual([]);
  });

  test("can be used from the keyboard alone", async () => {
    const { page, wrong } = await open();
    await page.locator(".cm-content").first().waitFor();
    const tabTo = async (name: string) => {
      for (let tabs = 0; tabs < 60; tabs += 1) {
        await page.keyboard.press("Tab");
        const focused =
          "(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at?.ariaLabel ?? at?.textContent; })()";
        if ((await page.evaluate(focused)) === name) return;
      }
      throw new Error(`the keyboard never comes to ${name}`);
    };
    await tabTo("Use the demonstration's Ada");
    await page.keyboard.press("Enter");
    await page.getByRole("timer").waitFor();
    await tabTo("Operation");
    await page.keyboard.press("Control+Enter");
    await status(page, "200 OK");
    // The editor lets the keyboard go on.
    await tabTo("Walk");
    await page.keyboard.press("ArrowRight");
    await page.getByText("Claims of the access token").waitFor();
    await page.keyboard.press("Alt+n");
    // What was done in another document can't be undone in this one.
    await page.keyboard.press("Control+z");
    expect((await page.getByRole("textbox", { name: "Operation" }).innerText()).trim()).toBe("");
    await page.keyboard.type("{me{id");
    await page.keyboard.press("Shift+Alt+f");
    await page.keyboard.press("Control+Enter");
    await status(page, "200 OK");
    await tabTo("Keyboard shortcuts");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    expect(wrong).toEqual([]);
  });

  test.each([
    { of: "light", options: {} },
    { of: "dark", options: { colorScheme: "dark" } },
    { of: "on a phone", options: { viewport: { width: 360, height: 740 } } },
  ] as { of: string; options: BrowserContextOptions }[])(
    "has nothing that axe objects to, $of",
    async ({ of, options }) => {
      const { page, wrong, api } = await open(options);
      const check = (where: string) => accessible(page, where);
      await page.getByRole("button", { name: "Sign up" }).click();
      await check("sign-up");
      await press(page, "Close");
      await signIn(page);
      await pass(page, api, 10 * 60_000);
      await page.getByRole("timer").getByText("expired").waitFor();
      await press(page, "Run");
      await status(page, "401");
      await page.getByRole("tab", { name: "Docs" }).click();
      await press(page, "Post");
      await check("refused, with documentation");
      await bar(page).getByRole("button", { name: "Renew" }).click();
      await page.getByRole("tab", { name: "Session" }).click();
      await page
        .getByRole("button", { name: /^End the session/ })
        .first()
        .waitFor();
      await page.getByRole("combobox", { name: "Operation to run" }).selectOption("LivePosts");
      await press(page, "Run");
      await page.getByRole("log").getByText("READY").waitFor();
      await check("live, with sessions");
      await page.getByRole("tab", { name: "Types" }).click();
      await check("types");
      if (of === "light") {
        await page.getByRole("tab", { name: "Operations" }).click();
        await page.getByRole("tab", { name: "History" }).click();
        await press(page, "Keyboard shortcuts");
        await check("history and shortcuts");
      }

      const ground = (await page.evaluate("getComputedStyle(document.body).backgroundColor")) as string;
      const [red] = /\d+/.exec(ground)!;
      expect(Number(red) < 128).toBe(of === "dark");
      expect(wrong).toEqual([]);
    },
  );

  test("signs up, out and in by a form, which says what is wrong", async () => {
    const { page, wrong } = await open();
    const form = page.getByRole("dialog");
    const send = async (values: Record<string, string>, action: string) => {
      for (const [label, value] of Object.entries(values)) await form.getByLabel(label).fill(value);
      await form.getByRole("button", { name: action }).click();
    };
    await press(page, "Sign up");
    await send({ Name: "Bea", Email: "bea@example.com", Password: "short" }, "Sign up");
    await form.getByRole("alert").getByText("password: must have 12 to 256 characters").waitFor();
    await send({ Password: "a longer password" }, "Sign up");
    await page.getByRole("timer").waitFor();
    await bar(page).getByText("bea@example.com").waitFor();

    await press(page, "Sign out");
    await bar(page).getByText("Nobody is signed in").waitFor();
    await press(page, "Sign in");
    await send({ Email: "bea@example.com", Password: "another password" }, "Sign in");
    await form.getByRole("alert").getByText("password").waitFor();
    await send({ Password: "a longer password" }, "Sign in");
    await page.getByRole("timer").waitFor();
    expect(await form.count()).toBe(0);
    expect(wrong).toEqual([]);
  });

  test("shortens no token and shows no schema in production", async () => {
    const api = await startApi({ NODE_ENV: "production", HOST: "127.0.0.1", EXPLORER: "on" });
    const { page } = await visit(browser, new URL("/", api.url).href);
    onTestFinished(() => page.context().close());
    await page.getByRole("status").getByText("The server doesn’t reveal its schema").waitFor();
    await press(page, "Try it with a new account");
    await page.getByRole("timer").waitFor();
    expect(await page.getByRole("button", { name: "Let it expire now" }).isDisabled()).toBe(true);
    await press(page, "Run");
    await status(page, "200 OK");
    await page.getByRole("tab", { name: "Docs" }).click();
    await page.getByText("The server doesn’t reveal its schema: see the setting INTROSPECTION.").waitFor();
  });

  test("shows Apollo Sandbox, whose requests carry the session and whose frame never sees the token", async () => {
    const { page, api, elsewhere, wrong } = await open();
    await signIn(page);
    const { token } = await login(api, demonstrationAccount);
    await page.getByRole("tab", { name: "Apollo Sandbox" }).click();
    const notice = page.getByText("without the internet it never will");
    await notice.waitFor();
    await page.getByText("connectionParams").waitFor();
    await accessible(page, "sandbox");
    const [address] = elsewhere;
    expect(elsewhere).toHaveLength(1);
    expect(address).toMatch(/^https:\/\/sandbox\.embed\.apollographql\.com\/sandbox\/explorer\?/);
    expect(address).not.toMatch(/eyJ/);

    // A stand-in for the frame, which sends what Apollo's does, and keeps what it is told.
    await page.context().route("https://sandbox.embed.apollographql.com/**", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<script>
          addEventListener("message", ({ data }) => document.body.append(JSON.stringify(data)));
          const ask = (operationId, operation, endpointUrl) => parent.postMessage({ name: "ExplorerRequest", operationId, operation, endpointUrl, headers: {} }, "*");
          addEventListener("load", () => {
            ask("1", "{ me { email } }", ${JSON.stringify(api.url)});
            ask("2", "{ me { email } }", "https://elsewhere.example/graphql");
          });
        </script><body></body>`,
      }),
    );
    await page.reload();
    await signIn(page);
    await page.getByRole("tab", { name: "Apollo Sandbox" }).click();
    const frame = page.frameLocator("iframe").locator("body");
    await frame.getByText(demonstrationAccount.email).waitFor();
    await frame.getByText("Only the server of this page is called from here").waitFor();
    const heard = await frame.innerText();
    expect(heard).not.toContain(token.split(".")[0]);
    expect(await notice.isVisible()).toBe(false);
    expect(elsewhere).toHaveLength(1);
    // Sandbox looks whether the page has an icon, at the one place where ours isn't; and its frame could not be loaded.
    expect(wrong.filter((text) => !/404|ERR_INTERNET_DISCONNECTED/.test(text))).toEqual([]);
  });
});

async function login(api: Api, { email, password }: { readonly email: string; readonly password: string }) {
  const { body: answer } = await api.send("mutation ($input: LoginInput!) { login(input: $input) { accessToken } }", {
    variables: { input: { email, password } },
  });
  return { token: answer.data.login.accessToken as string };
}
