import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

type Lock = { packages: Record<string, { version?: string; engines?: { node?: string }; dev?: boolean }> };
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;

const versionsOf = (name: string) =>
  Object.entries(packages)
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version }]) => version!);

const isAtLeast = (version: string, floor: string) => version.localeCompare(floor, "en", { numeric: true }) >= 0;

test.each([
  // Fixes CVE-2026-44680.
  { name: "@mikro-orm/core", floor: "6.6.14" },
  { name: "@mikro-orm/knex", floor: "6.6.14" },
  { name: "@apollo/server", floor: "5.5.1" },
  { name: "jsonwebtoken", floor: "9.0.3" },
  // 5.1.7 brings an old SQLite, and an old tar to install it with.
  { name: "sqlite3", floor: "6.0.1" },
])("$name is locked at $floor or newer, in one version", ({ name, floor }) => {
  const [version, ...others] = versionsOf(name);
  expect(others).toEqual([]);
  expect(isAtLeast(version!, floor)).toBe(true);
});

test("all of MikroORM is of one version", () => {
  const names = ["core", "knex", "sqlite", "migrations", "cli"].map((part) => `@mikro-orm/${part}`);
  expect(new Set(names.flatMap(versionsOf)).size).toBe(1);
});

test("nothing locked asks for a Node that is newer than ours", () => {
  const tooNew = Object.entries(packages)
    .filter(([, { engines }]) => /^(>=|\^)\s*2[2-9]/.test(engines?.node ?? ""))
    .map(([path]) => path);
  expect(tooNew).toEqual([]);
});
