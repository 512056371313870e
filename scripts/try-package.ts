// Installs the package into an empty folder as a stranger would, and does there what docs/add-bookmarks.md says:
//   npx tsx scripts/try-package.ts
//   npx tsx scripts/try-package.ts --compile               compiles sqlite3, which takes a minute or two
//   npx tsx scripts/try-package.ts --node 24 --npm 12      with other versions than this one's
//   npx tsx scripts/try-package.ts --manager pnpm@10       with another package manager: pnpm@10, yarn@1 or yarn@4
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { blocksOf, commandsOf } from "./guide.js";
import { machineWith, refuse, temporaryFolder } from "./stranger/machine.js";
import { copiesOf, managerOf, missingPeer } from "./stranger/managers.js";
import { mistakesIn, pack } from "./stranger/packed.js";
import { tryProjects } from "./stranger/projects.js";

const { compile: compiles, ...given } = parseArgs({
  options: {
    compile: { type: "boolean", default: false },
    node: { type: "string" },
    npm: { type: "string" },
    manager: { type: "string" },
  },
}).values;
const { manager: spec, ...versions } = given;
const manager = managerOf(spec);
// From version 12 on, npm runs only those install scripts that the project has approved.
const blocksScripts = Number(versions.npm?.split(".", 1)[0]) >= 12;

const settings = { PORT: "0", DATABASE_URL: "sqlite::memory:", JWT_SECRET: "of the stranger: 0123456789abcdef" };

const folder = temporaryFolder("package");
const tools = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
const machine = machineWith([...tools, ...(manager.tool === undefined ? [] : [manager.tool])], {
  ...(!compiles && !blocksScripts && { npm_config_ignore_scripts: "true" }),
});
/** Runs a command in the stranger's folder. If it fails, prints its output and exits. */
const run = (command: string, ...args: string[]) => machine.run(folder, command, ...args);
console.log(`Node ${run("node", "--version").trim()}, npm ${run("npm", "--version").trim()}`);

/** Returns a package in the version of our lockfile, so that new releases of other packages change nothing. */
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  packages: Record<string, { version: string } | undefined>;
};
function locked(word: string): string {
  const [name] = /^@?[^@]+/.exec(word)!;
  const version = packages[`node_modules/${name}`]?.version;
  return version === undefined ? word : `${name}@${version}`;
}

const mistakes = mistakesIn(pack(folder).files);
if (mistakes.length > 0) refuse(mistakes.join("\n"));

const page = "docs/add-bookmarks.md";
const [install] = commandsOf(page, manager.blocks);
for (const line of install!) {
  const words = line.split(" ");
  const ofVersions = words.some((word) => /^--(save-)?dev$/.test(word)) ? words.map(locked).join(" ") : line;
  const said = run("sh", "-c", compiles ? ofVersions : manager.unbuilt(ofVersions));
  const complaint = missingPeer.exec(said);
  if (complaint !== null) refuse(complaint[0]);
}
if (blocksScripts) {
  const mends = mending(whyNoStart());
  if (compiles) run("sh", "-c", mends);
}

// These must be there once: two copies don't work together, or take another minute to compile. pnpm has a second copy of
// @mikro-orm/knex for the driver's own version of pg, which does work.
const single = ["graphql", "type-graphql", "@mikro-orm/core", "sqlite3"];
for (const name of manager.blocks === "sh pnpm" ? single : [...single, "@mikro-orm/knex"]) {
  const copies = copiesOf(folder, name);
  if (copies.length !== 1) refuse(`There are ${copies.length} copies of ${name}:\n${copies.join("\n")}`);
}
if (!compiles)
  cpSync("node_modules/sqlite3/build", join(copiesOf(folder, "sqlite3")[0]!, "build"), { recursive: true });

for (const { name, text } of [...blocksOf(page, "ts"), ...blocksOf(page, "json")])
  writeFileSync(join(folder, name), text);
for (const line of commandsOf(page).at(-1)!) run("sh", "-c", line);
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
for (const file of ["schema.graphql", "docs/settings.md"]) readFileSync(join(folder, "node_modules/postern", file));

if (spec === undefined) {
  tryOtherRunners();
  tryCodegen();
}

/** Runs the kit in the other test runners, as in docs/testing.md. */
function tryOtherRunners() {
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
}

/** Makes the types of documents, as in docs/clients/codegen.md. They are for a bundler, so this comes after the compiler. */
function tryCodegen() {
  const codegen = "docs/clients/codegen.md";
  mkdirSync(join(folder, "src"));
  for (const { name, text } of blocksOf(codegen, "ts")) writeFileSync(join(folder, name), text);
  for (const [line] of commandsOf(codegen)) run("sh", "-c", line!);
  const forBundlers = ["--module", "esnext", "--moduleResolution", "bundler", "--types", "", "--strict"];
  run("npx", "tsc", "--ignoreConfig", "--noEmit", ...forBundlers, "--skipLibCheck", "src/titles.ts");
}

/** Returns the output of a server that can't start. */
function whyNoStart(): string {
  const env = { PATH: machine.path, ...settings };
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

const command = resolve(folder, "node_modules/.bin/postern");
await machine.start({ folder, settings, command: [command], ready: /"graphql":"([^"]+)"/ });
await machine.start({ folder, settings, command: ["node", "--import", "tsx", "server.ts"], ready: /(http:\S+)\n/ });
if (spec === undefined) await tryProjects(machine, { installed: folder, settings, compiles });
