import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { statusOfCode } from "../../../src/foundation/errors.js";
import { unauthenticated } from "../../../src/kit/auth.js";

const page = readFileSync("docs/http.md", "utf8");
/** Returns the first two cells of a table's rows, without the table's head. */
const rowsOf = (head: string) =>
  page
    .slice(page.indexOf(`| ${head}`))
    .split("\n\n")[0]!
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").slice(1, 3))
    .map(([name, value]) => [name!.replaceAll("`", "").trim(), value!.trim()] as const);

test("docs/http.md lists every error code with its status", () => {
  const statuses = rowsOf("`code` ").map(([code, status]) => [code, Number(status.split(",")[0])]);
  expect(statuses).toEqual(Object.entries(statusOfCode));
});

test("docs/http.md lists every reason of UNAUTHENTICATED", () => {
  const now = new Date(0);
  const refused = [
    { state: "anonymous" },
    { state: "invalid" },
    { state: "expired", expiredAt: now },
    { state: "gone" },
    { state: "revoked" },
  ] as const;
  const reasons = refused.map((auth) => unauthenticated(auth, now).details["reason"]);
  expect(rowsOf("`reason` ").map(([reason]) => reason)).toEqual(reasons);
});
