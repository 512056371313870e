import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { newFolder } from "../../support/files.js";
import { end, startProcess } from "../../support/process.js";

const run = promisify(execFile);

/** Has each process of the command list, when it ends, the CommonJS packages that it has loaded. */
function listingPackages(folder: string) {
  const lister = join(folder, "lister.cjs");
  writeFileSync(
    lister,
    `const { writeFileSync } = require("node:fs");
    const { join } = require("node:path");
    process.once("exit", () =>
      writeFileSync(join(__dirname, process.pid + ".json"), JSON.stringify(Object.keys(require.cache))));`,
  );
  return {
    env: { NODE_OPTIONS: `--require ${lister}` },
    packagesOf: (pid: number): string[] => {
      const files: string[] = JSON.parse(readFileSync(join(folder, `${pid}.json`), "utf8"));
      return files.flatMap((file) => /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(file)?.[1] ?? []);
    },
  };
}

async function packagesOfServer(folder: string, settings: Record<string, string> = {}) {
  const { env, packagesOf } = listingPackages(folder);
  const running = await startProcess(folder, { ...env, ...settings });
  expect(await end(running, "SIGTERM")).toBe(0);
  return new Set(packagesOf(running.process.pid!));
}

async function packagesOfCommand(folder: string, args: readonly string[]) {
  const { env, packagesOf } = listingPackages(folder);
  const running = run(process.execPath, [resolve("dist/main.js"), ...args], { cwd: folder, env });
  await running;
  return new Set(packagesOf(running.child.pid!));
}

const postgresql = ["pg", "@mikro-orm/postgresql"];
const migrator = ["@mikro-orm/migrations", "umzug", "@rushstack/ts-command-line"];
const server = ["@mikro-orm/core", "fastify", "graphql"];
const onlyAtATerminal = ["pino-pretty"];
const forSchemasOfRoutes = ["ajv", "@fastify/ajv-compiler", "@fastify/fast-json-stringify-compiler"];

const loaded = (packages: ReadonlySet<string>, names: readonly string[]) => names.filter((name) => packages.has(name));

test("a server on SQLite loads the migrator only if a migration is pending, and nothing of PostgreSQL", async () => {
  const folder = newFolder();
  const first = await packagesOfServer(folder);
  expect(loaded(first, [...server, ...migrator, ...postgresql])).toEqual([...server, ...migrator]);
  const second = await packagesOfServer(folder);
  const unneeded = [...migrator, ...postgresql, ...onlyAtATerminal, ...forSchemasOfRoutes];
  expect(loaded(second, [...server, ...unneeded])).toEqual(server);
});

test("the parent of workers loads nothing of the server", async () => {
  const packages = await packagesOfServer(newFolder(), { WORKERS: "2" });
  expect(loaded(packages, [...server, "pino"])).toEqual(["pino"]);
});

test.each([["--help"], ["--version"], ["users", "create", "--help"], ["secret"]])(
  "postern %s %s loads nothing of the database, GraphQL and HTTP",
  async (...args) => {
    const packages = await packagesOfCommand(newFolder(), args);
    expect(loaded(packages, ["commander", ...server, ...migrator, ...postgresql])).toEqual(["commander"]);
  },
);
