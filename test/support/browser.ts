import { existsSync } from "node:fs";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

/** Where a Chromium is; TEST_CHROMIUM names another than Debian's. */
const places = [
  process.env["TEST_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The browser of this machine; undefined where there is none. */
export const chromiumFile = places.find((place) => place !== undefined && existsSync(place));

/** Starts it, with a profile that is gone when it closes. */
export function openBrowser(): Promise<Browser> {
  if (chromiumFile === undefined) throw new Error("there is no Chromium");
  // Its sandbox refuses to run as root, as CI does; and what it shows is ours alone.
  return chromium.launch({ executablePath: chromiumFile, args: ["--no-sandbox", "--disable-gpu"] });
}

/** A page with all that went wrong on it, and all that it asked of other hosts, which got nothing. */
export type Visit = { readonly page: Page; readonly wrong: string[]; readonly elsewhere: string[] };

/** Opens a page of a server in a profile of its own. No other host can be reached. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 820 }, ...options });
  const wrong: string[] = [];
  const elsewhere: string[] = [];
  const { host } = new URL(url);
  await context.route(
    (asked) => asked.host !== host,
    (route) => {
      elsewhere.push(route.request().url());
      return route.abort("internetdisconnected");
    },
  );
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    // What the policy stops is told here too. An answer that isn't 2xx is no mistake of the page's.
    if (["error", "warning"].includes(message.type()) && !/^Failed to load resource: .* (401|422)/.test(message.text()))
      wrong.push(message.text());
  });
  // Hours off, so that whatever is right goes by the server's clock; it goes on, and can be moved.
  await page.clock.install({ time: "2026-01-01T00:00:00Z" });
  await page.goto(url);
  return { page, wrong, elsewhere };
}
