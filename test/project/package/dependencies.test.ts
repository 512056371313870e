import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import {
  byLicence,
  licencesPage,
  nameOf,
  refusedLicences,
  shipped,
  type LockedPackages,
} from "../../../scripts/supply-chain/licences.js";
import { secretsIn } from "../../../scripts/supply-chain/secrets.js";

type Lock = { packages: LockedPackages & Record<string, { engines?: { node?: string } }> };
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;

const versionsOf = (name: string) =>
  Object.entries(packages)
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version }]) => version!);

const isAtLeast = (version: string, floor: string) => version.localeCompare(floor, "en", { numeric: true }) >= 0;
const lineOf = (version: string) => version.split(".")[0];

test.each([
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

// Where several major versions are patched, each has its first good one.
test.each([
  { advisory: "GHSA-mp6q-xf9x-fwf7", name: "@apollo/server", floors: ["5.4.0"] },
  { advisory: "GHSA-gwhv-j974-6fxm", name: "@mikro-orm/core", floors: ["6.6.10"] },
  { advisory: "GHSA-cfw5-68c4-ffqp", name: "@mikro-orm/knex", floors: ["6.6.14"] },
  { advisory: "GHSA-444r-cwp2-x5xf", name: "fastify", floors: ["5.8.3"] },
  { advisory: "GHSA-247c-9743-5963", name: "fastify", floors: ["5.8.5"] },
  { advisory: "GHSA-c96f-x56v-gq3h", name: "find-my-way", floors: ["9.7.0"] },
  { advisory: "GHSA-jqff-g426-hqxp", name: "fast-uri", floors: ["3.1.6", "4.0.1"] },
  { advisory: "GHSA-8cf7-32gw-wr33", name: "jsonwebtoken", floors: ["9.0.0"] },
  { advisory: "GHSA-869p-cjfg-cm3x", name: "jws", floors: ["4.0.1"] },
  { advisory: "GHSA-3h5v-q93c-6h6q", name: "ws", floors: ["7.5.10", "8.17.1"] },
  { advisory: "GHSA-58qx-3vcg-4xpx", name: "ws", floors: ["7.0.0", "8.20.1"] },
  { advisory: "GHSA-6rw7-vpxm-498p", name: "qs", floors: ["6.14.1"] },
  { advisory: "GHSA-wqch-xfxh-vrr4", name: "body-parser", floors: ["2.2.1"] },
  { advisory: "GHSA-9ppj-qmqm-q256", name: "tar", floors: ["7.5.11"] },
  { advisory: "GHSA-r5fr-rjxr-66jc", name: "lodash", floors: ["4.18.0"] },
])("no $name is locked that $advisory is about", ({ name, floors }) => {
  const versions = versionsOf(name);
  expect(versions).not.toEqual([]);
  for (const version of versions) {
    // An older line than those that were patched is as bad; a newer one was never affected.
    const floor = floors.find((each) => lineOf(each) === lineOf(version)) ?? floors.at(-1)!;
    expect(isAtLeast(version, floor)).toBe(true);
  }
});

test("all packages of MikroORM have the same version", () => {
  const names = ["core", "knex", "sqlite", "migrations", "cli"].map((part) => `@mikro-orm/${part}`);
  expect(new Set(names.flatMap(versionsOf)).size).toBe(1);
});

test("no locked package needs a newer Node than ours", () => {
  const tooNew = Object.entries(packages)
    .filter(([, { engines }]) => /^(>=|\^)\s*2[2-9]/.test(engines?.node ?? ""))
    .map(([path]) => path);
  expect(tooNew).toEqual([]);
});

const licences = byLicence(packages);

test("every shipped package has a permissive licence", () => {
  expect(refusedLicences(licences)).toEqual([]);
  expect(
    refusedLicences(
      new Map([
        ["(MIT OR GPL-3.0)", ["either"]],
        ["MIT AND GPL-3.0", ["both"]],
      ]),
    ),
  ).toEqual(["both: MIT AND GPL-3.0"]);
  // Both what the server needs and what the explorer's files are made of.
  expect([...licences.values()].flat()).toEqual(expect.arrayContaining(["fastify", "pg-protocol", "cm6-graphql"]));
  expect([...licences.values()].flat()).not.toContain("vitest");
});

test("docs/licences.md lists them (if not: npm run licences)", () => {
  const words = (text: string) => text.replaceAll(/\s+/g, " ");
  expect(words(readFileSync("docs/licences.md", "utf8"))).toBe(words(licencesPage(licences)));
});

test("npm run sbom lists exactly the shipped packages, each with its checksum", () => {
  const text = execFileSync("npm", ["run", "--silent", "sbom"], { encoding: "utf8" });
  type Component = { name: string; version: string; hashes: { alg: string; content: string }[] };
  const { bomFormat, metadata, components } = JSON.parse(text) as {
    bomFormat: string;
    metadata: { component: Component };
    components: Component[];
  };
  expect([bomFormat, metadata.component.name]).toEqual(["CycloneDX", "postern"]);
  const listed = components.map(({ name, version }) => `${name}@${version}`);
  const needed = shipped(packages).map((place) => `${nameOf(place)}@${packages[place]!.version}`);
  expect(listed.toSorted()).toEqual([...new Set(needed)].toSorted());
  expect(components.filter(({ hashes }) => hashes[0]?.alg !== "SHA-512")).toEqual([]);
});

/** Made-up values in tests that look like secrets. */
const madeUp: Readonly<Record<string, readonly string[]>> = {
  "test/both/account/admin-upkeep.test.ts": ["a password in a URL"],
  "test/sqlite/cli/backup.test.ts": ["a password in a URL"],
  "test/pure/config/config.test.ts": ["a password in a URL", "a value that looks made at random"],
  "test/postgresql/postgresql.test.ts": ["a password in a URL"],
  "test/sqlite/database/several-hosts.test.ts": ["a password in a URL"],
  "test/both/server/ending-a-start.test.ts": ["a password in a URL"],
  "test/both/server/start-mark.test.ts": ["a password in a URL"],
};

test("no file of the repository has a secret in it", () => {
  const files = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0").slice(0, -1);
  expect(files).toContain("package.json");
  const found = files.flatMap((file) =>
    secretsIn(readFileSync(file, "latin1"))
      .filter((secret) => !(madeUp[file] ?? []).some((kind) => secret.endsWith(kind)))
      .map((secret) => `${file}, ${secret}`),
  );
  expect(found).toEqual([]);
});

test.each([
  ["a private key", ["-----BEGIN EC PRIVATE KEY", `-----\n${"MHcCAQEE".repeat(10)}\n`].join("")],
  ["a signed token", `token: ${["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "x".repeat(43)].join(".")}`],
  ["a token of a forge or registry", ["//registry.npmjs.org/:_authToken=npm", "aB3".repeat(12)].join("_")],
  ["a password in a URL", ["DATABASE_URL=postgresql://ada", "hunter22@db/posts"].join(":")],
  ["a value that looks made at random", `JWT_SECRET=${"9f8e7d6c".repeat(8)}`],
])("%s is noticed", (kind, text) => {
  expect(secretsIn(`first\n${text}`)).toContain(`line 2: ${kind}`);
});
