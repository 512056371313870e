// Compares node_modules with package-lock.json, regardless of the package manager that installed it.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

/** npm's record of an install. npm writes it last. */
const receipt = "node_modules/.package-lock.json";

/**
 * Returns why the install in `root` is not the locked one, as a clause to follow "because"; undefined if it is.
 * `needed` says which locked packages have to be there. Packages on top of the locked ones do no harm, unless Node would
 * find one instead of a locked one.
 */
export function installProblem(root, needed = () => true) {
  const locked = lockedPackages(root);
  if (!existsSync(join(root, receipt))) return "nothing is installed, or an install was interrupted";
  const installed = packagesIn(root, receipt);

  for (const [path, wanted] of Object.entries(locked)) {
    if (!needed(path)) continue;
    const found = installed[path];
    // npm leaves out packages for other machines, and what only those need.
    if (found === undefined && wanted.optional && !isForThisMachine(wanted)) continue;
    if (found === undefined || !existsSync(join(root, path, "package.json"))) return `${path} is missing`;
    if (found.version !== wanted.version || found.integrity !== wanted.integrity)
      return `${path} is not the locked version`;
  }
  for (const path of Object.keys(installed)) {
    const parent = path.slice(0, path.lastIndexOf("/node_modules/"));
    if (parent in locked && !(path in locked)) return `${path} is not locked`;
  }

  // npm's record says neither whether install scripts were allowed to run nor for which machine they built.
  if ("node_modules/sqlite3" in locked && !loads(root, "sqlite3")) return "the native part of sqlite3 can't be loaded";
  return undefined;
}

/** Returns the paths of the locked packages that the project needs without its workspace, the tests. */
export function neededWithoutTests(root) {
  const locked = packagesIn(root, "package-lock.json");
  const needed = new Set();
  const waiting = [""];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const name of importsOf(locked[path])) {
      const found = placeOf(name, path, locked);
      if (found === undefined || needed.has(found)) continue;
      needed.add(found);
      waiting.push(found);
    }
  }
  return needed;
}

function importsOf({ dependencies, optionalDependencies, devDependencies, peerDependencies, peerDependenciesMeta }) {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  // Only the project itself has devDependencies in package-lock.json.
  return [...peers, ...Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies })];
}

/** Returns the path at which Node finds a package that the one at `from` imports. */
function placeOf(name, from, locked) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = `${folder}${folder === "" ? "" : "/"}node_modules/${name}`;
    if (path in locked) return path;
    if (folder === "") return undefined;
  }
}

/** Returns the entries of package-lock.json that are packages, not the project's own folders. */
function lockedPackages(root) {
  const entries = Object.entries(packagesIn(root, "package-lock.json"));
  return Object.fromEntries(entries.filter(([path, { link }]) => path.startsWith("node_modules/") && !link));
}

function packagesIn(root, file) {
  return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
}

function isForThisMachine({ os, cpu, libc }) {
  if (!os?.includes(process.platform) || !cpu?.includes(process.arch)) return false;
  return libc === undefined || libc.includes(libcOfThisMachine());
}

function libcOfThisMachine() {
  // Otherwise the report looks up the names of open connections.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

function loads(root, name) {
  try {
    createRequire(resolve(root, "package.json"))(name);
    return true;
  } catch {
    return false;
  }
}
