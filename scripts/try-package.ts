// Installs the package into an empty folder as a stranger would, and does there what docs/add-bookmarks.md says:
//   npx tsx scripts/try-package.ts
//   npx tsx scripts/try-package.ts --compile            compiles sqlite3, which takes a minute or two
//   npx tsx scripts/try-package.ts --node 24 --npm 12   with other versions than this one's
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { blocksOf, commandsOf } from "./guide.js";
import { mistakesIn, pack } from "./stranger/packed.js";

const { compile: compiles, ...versions } = parseArgs({
  options: { compile: { type: "boolean", default: false }, node: { type: "string" }, npm: { type: "string" } },
}).values;
const [folder, tools] = ["postern-package-", "postern-tools-"].map((name) => mkdtempSync(join(tmpdir(), name))) as [
  string,
  string,
];
process.once("exit", () => [folder, tools].forEach((each) => rmSync(each, { recursive: true, force: true })));
// From version 12 on, npm runs only those install scripts that the project has approved.
const blocksScripts = Number(versions.npm?.split(".", 1)[0]) >= 12;
const toolPath = [join(tools, "node_modules/.bin"), process.env["PATH"]].join(delimiter);

const settings = { PORT: "0", DATABASE_URL: "sqlite::memory:", JWT_SECRET: "of the stranger: 0123456789abcdef" };

// More than the longest command takes, which compiles sqlite3.
const timeoutMilliseconds = 600_000;

/** Runs a command in the stranger's folder. If it fails, prints its output and exits. */
function run(command: string, ...args: string[]): string {
  return runIn({ cwd: folder }, command, ...args);
}

function runIn(where: { readonly cwd: string }, command: string, ...args: string[]): string {
  const began = performance.now();
  // npm's variables for this script would change how the stranger's npm behaves.
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS)/.test(name))),
    PATH: toolPath,
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_prefer_offline: "true",
    ...(!compiles && !blocksScripts && { npm_config_ignore_scripts: "true" }),
  };
  const { status, stdout, stderr } = spawnSync(command, args, {
    ...where,
    env,
    encoding: "utf8",
    timeout: timeoutMilliseconds,
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${[command, ...args].join(" ")}: ${status === 0 ? `${seconds} s` : "failed"}`);
  if (status === 0) return stdout;
  console.error(stdout, stderr);
  process.exit(1);
}

/** Returns a package in the version of our lockfile, so that new releases of other packages change nothing. */
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  packages: Record<string, { version: string } | undefined>;
};
function locked(name: string): string {
  const version = packages[`node_modules/${name}`]?.version;
  return version === undefined ? name : `${name}@${version}`;
}

function refuse(problem: string): never {
  console.error(problem);
  process.exit(1);
}

const wanted = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
if (wanted.length > 0) {
  writeFileSync(join(tools, "package.json"), "{}");
  // This machine's npm runs the script that installs Node.
  runIn({ cwd: tools }, "npm", "install", "--ignore-scripts=false", ...wanted);
  console.log(`Node ${run("node", "--version").trim()}, npm ${run("npm", "--version").trim()}`);
}

const mistakes = mistakesIn(pack(folder).files);
if (mistakes.length > 0) refuse(mistakes.join("\n"));

const page = "docs/add-bookmarks.md";
const [install, , check] = commandsOf(page);
for (const line of install!) {
  const [command, ...words] = line.split(" ");
  run(command!, ...words.map((word) => (words.includes("--save-dev") ? locked(word) : word)));
}
if (blocksScripts) {
  const mends = mending(whyNoStart());
  if (compiles) run("sh", "-c", mends);
}
if (!compiles) cpSync("node_modules/sqlite3/build", join(folder, "node_modules/sqlite3/build"), { recursive: true });

// These must be there once: two copies don't work together, or take another minute to compile.
for (const name of ["graphql", "type-graphql", "@mikro-orm/core", "@mikro-orm/knex", "sqlite3"]) {
  const list = run("npm", "ls", "--all", "--parseable", name).trim().split("\n");
  if (list.length !== 1) refuse(`There are ${list.length} copies of ${name}:\n${list.join("\n")}`);
}

for (const { name, text } of [...blocksOf(page, "ts"), ...blocksOf(page, "json")])
  writeFileSync(join(folder, name), text);
for (const line of check!) {
  const [command, ...words] = line.split(" ");
  run(command!, ...words);
}
// The command, and an application's own command as in docs/administration.md.
for (const { name, text } of blocksOf("docs/administration.md", "ts")) writeFileSync(join(folder, name), text);
run("npx", "postern", "seed", "--posts", "20");
run("npx", "tsx", "admin.ts", "migrate");
run("npx", "tsx", "admin.ts", "doctor");
run("npx", "postern", "backup", "copy.sqlite");
// Other packages' declarations have mistakes, which an application skips by skipLibCheck. Ours have none.
const compiled = spawnSync("npx", ["tsc", "--skipLibCheck", "false"], { cwd: folder, encoding: "utf8" }).stdout;
const ours = compiled.split("\n").filter((line) => /^(?!node_modules\/(?!postern\/))\S.*error TS/.test(line));
if (ours.length > 0) refuse(ours.join("\n"));

// The kit in the other test runners, as in docs/testing.md.
run("npm", "install", "--save-dev", `jest@${packages["node_modules/expect"]!.version}`);
for (const name of ["jest.test.js", "node.test.js"])
  cpSync(`test/sqlite/testing/other-runners/${name}`, join(folder, name));
run("node", "--experimental-vm-modules", "node_modules/jest/bin/jest.js", "jest.test.js");
run("node", "--test", "node.test.js");
const typed = `import { expect } from "@jest/globals";
import "postern/jest";
expect({}).toSucceed();
expect({}).not.toBeUnauthenticated("TOKEN_EXPIRED");
// @ts-expect-error
expect({}).toBeUnauthenticated("TOKEN_EXPIRE");
`;
writeFileSync(join(folder, "typed.ts"), typed);
run("npx", "tsc");
// The types of documents, as in docs/clients/codegen.md. They are for a bundler, so this comes after the compiler.
const codegen = "docs/clients/codegen.md";
mkdirSync(join(folder, "src"));
for (const { name, text } of blocksOf(codegen, "ts")) writeFileSync(join(folder, name), text);
for (const [line] of commandsOf(codegen)) run("sh", "-c", line!);
const forBundlers = [
  "--module",
  "esnext",
  "--moduleResolution",
  "bundler",
  "--types",
  "",
  "--strict",
  "--skipLibCheck",
];
run("npx", "tsc", "--ignoreConfig", "--noEmit", ...forBundlers, "src/titles.ts");
for (const file of ["schema.graphql", "docs/settings.md"]) readFileSync(join(folder, "node_modules/postern", file));

/** Returns the output of a server that can't start. */
function whyNoStart(): string {
  const env = { PATH: toolPath, ...settings };
  const { status, stderr } = spawnSync(join(folder, "node_modules/.bin/postern"), {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  if (status !== 1) refuse(`A server without sqlite3's native part ended with ${status}: ${stderr}`);
  return stderr;
}

/** Returns the commands that the output says to run. */
function mending(said: string): string {
  const [, command] = /Run: (npm approve-scripts \S+ && npm rebuild \S+) /.exec(said) ?? [];
  return command ?? refuse(`It doesn't say what to run: ${said}`);
}

/** Starts a server in the stranger's folder and waits until it answers. */
async function start(command: string, args: string[], ready: RegExp): Promise<void> {
  const child = spawn(command, args, { cwd: folder, env: { PATH: toolPath, ...settings } });
  let said = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (chunk) => (said += String(chunk)));
  const url = await new Promise<string | undefined>((found) => {
    child.stdout.on("data", () => ready.test(said) && found(ready.exec(said)![1]));
    child.once("exit", () => found(undefined));
  });
  const name = [command, ...args].join(" ");
  if (url === undefined) refuse(`${name} ended: ${said}`);
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: query });
  const text = await answer.text();
  if (answer.status !== 401 || !text.includes("TOKEN_MISSING")) refuse(`${name} answered ${answer.status}: ${text}`);
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const code = await ended;
  if (code !== 0) refuse(`${name} ended with ${String(code)} at SIGTERM: ${said}`);
  console.log(`${name}: answers, and ends at SIGTERM`);
}
const query = JSON.stringify({ query: "{ me { id } }" });
await start(resolve(folder, "node_modules/.bin/postern"), [], /"graphql":"([^"]+)"/);
await start("node", ["--import", "tsx", "server.ts"], /(http:\S+)\n/);
