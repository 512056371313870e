// Takes the pictures of docs/explorer.md and the README: the explorer on a server with the demonstration, always at the
// same instant, in the light and the dark theme. Arguments name the pictures to take; without any, all are taken.
import type { Browser, Page } from "playwright-core";

import { hashPassword } from "../src/features/account/password.js";
import { demonstrationAccount } from "../src/features/account/demo-account.js";
import { readConfig } from "../src/foundation/config/read-config.js";
import { openDatabase } from "../src/database/database.js";
import { makeLog } from "../src/foundation/log.js";
import { entities } from "../src/graphql/schema.js";
import { startServer } from "../src/server/server.js";
import { demonstration } from "../src/cli/seed/demonstration.js";
import { fill } from "../src/cli/seed/fill.js";
import { chromiumFile, openBrowser, visit } from "../test/support/browser.js";
import { handClock, handTimer } from "../src/testing/clock.js";

if (chromiumFile === undefined) {
  console.error("There is no Chromium: apt-get install chromium, or name one with TEST_CHROMIUM=FILE");
  process.exit(1);
}

/** Starts a server with the demonstration and a clock that the script moves. */
async function startDemonstration() {
  const { config } = readConfig({ PORT: "0", DATABASE_URL: "sqlite::memory:", JWT_SECRET: "for a picture".repeat(3) });
  const [clock, timer] = [handClock(), handTimer()];
  const database = await openDatabase(config.databaseUrl, entities);
  const passwordHash = await hashPassword(demonstrationAccount.password);
  await fill(database, { demonstration: demonstration(clock(), 240), passwordHash, force: false, report: () => {} });
  const log = makeLog("silent", clock, { write: () => {} });
  return { ...(await startServer({ config, clock, timer, log, database })), clock, timer };
}
type Demonstration = Awaited<ReturnType<typeof startDemonstration>>;

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const step = (page: Page, id: string) => page.locator(`[data-step=${id}] button`).click();
const answered = (page: Page, text: string) => page.locator(".answer-status", { hasText: text }).waitFor();

/** Moves the clocks of the server and the page. */
async function pass(page: Page, { clock, timer }: Demonstration, milliseconds: number) {
  clock.advance(milliseconds);
  await page.clock.fastForward(milliseconds);
  timer.elapse(milliseconds);
}

/** The steps on the page before each picture is taken. */
const pictures: Record<string, (page: Page, server: Demonstration) => Promise<void>> = {
  async posts(page) {
    await step(page, "signIn");
    await page.getByRole("timer").waitFor();
    for (const id of ["create", "list"]) {
      await step(page, id);
      await answered(page, "200 OK");
    }
  },
  async explorer(page, server) {
    await step(page, "signIn");
    await page.getByRole("timer").waitFor();
    for (const id of ["create", "list"]) {
      await step(page, id);
      await answered(page, "200 OK");
    }
    await step(page, "expire");
    await page.getByRole("timer").getByText("0:05").waitFor();
    await pass(page, server, 5000);
    await answered(page, "401");
  },
  async live(page, server) {
    await press(page, "Use the demonstration's Ada");
    await page.getByRole("combobox", { name: "Operation to run" }).selectOption("LivePosts");
    await press(page, "Run");
    await page.getByRole("log").getByText("READY").waitFor();
    await press(page, "Let it expire now");
    await page.getByText("open again").waitFor();
    await pass(page, server, 5000);
    await page.getByText("4403 TOKEN_EXPIRED").waitFor();
    await pass(page, server, 2500);
    await page.getByRole("region", { name: "Session" }).getByRole("button", { name: "Renew" }).click();
    await page.getByText("open again").nth(1).waitFor();
    await page.getByRole("tab", { name: "Session" }).click();
    await page
      .getByRole("button", { name: /^End the session/ })
      .first()
      .waitFor();
  },
  async types(page) {
    await page.getByRole("tab", { name: "Types" }).click();
    await page.locator(".box").first().waitFor();
  },
};

async function take(browser: Browser, name: string, colorScheme: "light" | "dark"): Promise<void> {
  const server = await startDemonstration();
  try {
    const { page } = await visit(browser, new URL("/", server.url).href, {
      viewport: { width: 1240, height: 720 },
      colorScheme,
    });
    await page.locator(".cm-content").first().waitFor();
    await pictures[name]!(page, server);
    // Wait until no message is shown, and move the pointer away.
    await page.clock.fastForward(7000);
    await page.mouse.move(0, 0);
    await page.evaluate("document.activeElement?.blur()");
    await page.screenshot({ path: `docs/pictures/${name}-${colorScheme}.png` });
    await page.context().close();
  } finally {
    await server.stop();
  }
}

const browser = await openBrowser();
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(pictures)) {
  for (const colorScheme of ["light", "dark"] as const) await take(browser, name, colorScheme);
  console.log(`docs/pictures/${name}-light.png and ${name}-dark.png`);
}
await browser.close();
