// Brings a checkout to where its commands can run, with nothing there but Node and npm: installs the locked
// dependencies where they are missing or stale and, with --build, compiles src to dist where that is stale.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Postern needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs `work` unless it was last run for the same content of `files`, which `mark` remembers. */
function whenStale(mark, files, work) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  const digest = hash.digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return;
  rmSync(mark, { force: true });
  work();
  writeFileSync(mark, digest);
}

function run(command, ...args) {
  // Its output goes to the terminal as it comes; an error has been shown by then.
  try {
    execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32" });
  } catch (error) {
    process.exit(error.status ?? 1);
  }
}

whenStale("node_modules/.postern-installed", ["package-lock.json"], () => {
  console.error("Installing the locked dependencies (sqlite3 may be compiled, which takes a minute or two) …");
  // In production npm would leave out the compiler.
  run("npm", "ci", "--include=dev", "--no-audit", "--no-fund");
});

if (process.argv.includes("--build")) {
  const sources = readdirSync("src", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
  whenStale("dist/.postern-built", ["package-lock.json", "tsconfig.json", "tsconfig.build.json", ...sources], () => {
    rmSync("dist", { recursive: true, force: true });
    mkdirSync("dist");
    run(process.execPath, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
  });
}
