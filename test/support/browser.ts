import { existsSync } from "node:fs";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

/** The places to look for Chromium; TEST_CHROMIUM names another one. */
const places = [
  process.env["TEST_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The machine's Chromium; undefined if there is none. */
export const chromiumFile = places.find((place) => place !== undefined && existsSync(place));

/** Starts Chromium with a profile that is deleted when it closes. */
export function openBrowser(): Promise<Browser> {
  if (chromiumFile === undefined) throw new Error("there is no Chromium");
  // Chromium's sandbox refuses to run as root, as CI does. It opens our own pages only.
  return chromium.launch({ executablePath: chromiumFile, args: ["--no-sandbox", "--disable-gpu"] });
}

/** A page, its errors, and its requests to other hosts, which were blocked. */
export type Visit = { readonly page: Page; readonly wrong: string[]; readonly elsewhere: string[] };

/** Opens a server's page in a new profile. No other host can be reached. */
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
    // Violations of the policy come here too. An answer that isn't 2xx is not an error of the page.
    if (["error", "warning"].includes(message.type()) && !/^Failed to load resource: .* (401|422)/.test(message.text()))
      wrong.push(message.text());
  });
  // Hours off the server's clock, so that only code that goes by the server's clock works.
  await page.clock.install({ time: "2026-01-01T00:00:00Z" });
  await page.goto(url);
  return { page, wrong, elsewhere };
}
