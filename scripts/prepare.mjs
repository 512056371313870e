// Brings a checkout to where its commands can run, with nothing there but Node and npm: installs the locked
// dependencies where they are missing or stale and, with --build, compiles src to dist and the explorer to dist/explorer
// where those are stale; with --explorer the latter alone.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { installProblem } from "./installed.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const isWindows = process.platform === "win32";
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Postern needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/**
 * Runs a command to its end with its output in the terminal; ends this process where it fails. Standard output belongs to
 * what runs afterwards, which may print a secret for a script.
 */
async function run(command, ...args) {
  // In a group of its own, so that all of it can be ended: what the command has started in turn is in it.
  const child = spawn(command, args, {
    stdio: ["ignore", process.stderr, "inherit"],
    detached: !isWindows,
    shell: isWindows,
  });
  const stop = (signal) => {
    // At once: asked politely, npm unpacks the rest before it takes all back, and the next install begins from nothing.
    if (isWindows) child.kill();
    else if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    process.exitCode = 128 + constants.signals[signal];
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, stop);
  const [code] = await once(child, "exit");
  for (const signal of signals) process.off(signal, stop);
  if (code !== 0) process.exit(process.exitCode ?? code ?? 1);
}

const problem = installProblem(".");
if (problem !== undefined) {
  console.error(
    `Installing the locked dependencies, because ${problem} (sqlite3 may be compiled, which takes a minute or two) …`,
  );
  // In production npm would leave out the compiler.
  await run("npm", "ci", "--include=dev", "--no-audit", "--no-fund");
  const left = installProblem(".");
  if (left !== undefined) {
    console.error(`npm has installed the locked dependencies, and yet ${left}: are its ignore-scripts or omit set?`);
    process.exit(1);
  }
}

/** Runs Node with `args`, which writes to the folder `to`, where what it reads has changed since the last time. */
async function buildWhereStale(to, { from, and, args, keeping }) {
  const sources = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
  const hash = createHash("sha256");
  for (const file of ["package-lock.json", "tsconfig.json", ...and, ...sources])
    hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  const digest = hash.digest("hex");
  const mark = join(to, ".postern-built");
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) if (name !== keeping) rmSync(join(to, name), { recursive: true, force: true });
  await run(process.execPath, ...args);
  writeFileSync(mark, digest);
}

const isAsked = (...flags) => flags.some((flag) => process.argv.includes(flag));
if (isAsked("--build"))
  await buildWhereStale("dist", {
    from: "src",
    and: ["tsconfig.build.json"],
    args: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"],
    keeping: "explorer",
  });
if (isAsked("--build", "--explorer"))
  await buildWhereStale("dist/explorer", {
    from: "explorer",
    and: [],
    args: ["node_modules/vite/bin/vite.js", "build", "--config", "explorer/vite.config.ts"],
  });
