// Prepares a checkout for its commands; Node and npm are all that has to be there. It installs the locked packages if some
// are missing or stale, and builds what has changed:
//   node scripts/prepare.mjs              the packages that the server needs
//   node scripts/prepare.mjs --tests      the packages of test/package.json too
//   node scripts/prepare.mjs --build      compiles src to dist, and the explorer to dist/explorer
//   node scripts/prepare.mjs --explorer   the explorer alone
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { installProblem, neededWithoutTests } from "./installed.mjs";
import { runStep } from "./step.mjs";

const node = process.execPath;
const sqlite = "node_modules/sqlite3/build";

/** Installs and builds what the named needs ask for: "tests", "build" or "explorer". Ends the process if that fails. */
export async function prepare(needs) {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Postern needs Node 20.19 or newer; this is ${process.versions.node}.`);
    process.exit(1);
  }

  const steps = [
    installStep(needs.includes("tests")),
    needs.includes("build") && serverStep(),
    (needs.includes("build") || needs.includes("explorer")) && explorerStep(),
  ].filter(Boolean);
  for (const [index, step] of steps.entries()) await runStep(step, `${index + 1} of ${steps.length}`);
}

function installStep(withTests) {
  const inServer = neededWithoutTests(".");
  const problemOf = (tests) => installProblem(".", tests ? undefined : (path) => inServer.has(path));
  const problem = problemOf(withTests);
  if (problem === undefined) return undefined;
  // npm ci begins by deleting everything, a sqlite3 that was compiled for minutes too.
  const adds = withTests && problemOf(false) === undefined;
  return {
    does: `install the locked packages, because ${problem}`,
    // With NODE_ENV=production, npm would leave out the compiler.
    command: ["npm", ...(adds ? ["install", "--no-save"] : ["ci"]), "--include=dev", "--no-audit", "--no-fund"].concat(
      withTests ? [] : "--workspaces=false",
    ),
    now: () =>
      existsSync(`${sqlite}/Makefile`) && !existsSync(`${sqlite}/Release/node_sqlite3.node`)
        ? "compiling sqlite3, the slow part: a minute or two"
        : "downloading and unpacking packages",
    check: () => {
      const left = problemOf(withTests);
      return left && `npm has installed the locked packages, and yet ${left}: is its ignore-scripts or omit set?`;
    },
  };
}

const serverStep = () =>
  buildStep("dist", {
    does: "compile the server",
    from: "src",
    and: ["tsconfig.build.json"],
    command: [node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"],
    keeps: "explorer",
  });

const explorerStep = () =>
  buildStep("dist/explorer", {
    does: "bundle the explorer, the page at /",
    from: "explorer",
    and: [],
    command: [node, "node_modules/vite/bin/vite.js", "build", "--config", "explorer/vite.config.ts"],
  });

/** Returns the step that builds the folder `to`; undefined if its sources are the same as at the last build. */
function buildStep(to, { does, from, and, command, keeps }) {
  const digest = digestOf(["package-lock.json", "tsconfig.json", ...and, ...filesIn(from)]);
  const mark = join(to, ".postern-built");
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return undefined;
  return {
    does,
    command,
    begin: () => {
      mkdirSync(to, { recursive: true });
      for (const name of readdirSync(to)) if (name !== keeps) rmSync(join(to, name), { recursive: true, force: true });
    },
    end: () => writeFileSync(mark, digest),
  };
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
}

function digestOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await prepare(process.argv.slice(2).map((flag) => flag.replace(/^--/, "")));
