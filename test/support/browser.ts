import { existsSync } from "node:fs";

import { chromium, type Browser } from "playwright-core";

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
