// Whether node_modules is what package-lock.json says, whoever installed it.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

/** What npm says of an install when it is complete; npm writes it last. */
const receipt = "node_modules/.package-lock.json";

/**
 * What keeps the install in `root` from being the locked one, to be read after "because"; undefined where nothing does.
 * Packages on top of the locked ones are nobody's business, unless one would be found in place of a locked one.
 */
export function installProblem(root) {
  const packagesOf = (file) => JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  const locked = packagesOf("package-lock.json");
  if (!existsSync(join(root, receipt))) return "nothing is installed, or not to the end";
  const installed = packagesOf(receipt);

  for (const [path, wanted] of Object.entries(locked)) {
    if (path === "") continue;
    const found = installed[path];
    // npm leaves out what is for other machines, and what only that needs.
    if (found === undefined && wanted.optional && !isForThisMachine(wanted)) continue;
    if (found === undefined || !existsSync(join(root, path, "package.json"))) return `${path} is missing`;
    if (found.version !== wanted.version || found.integrity !== wanted.integrity)
      return `${path} is another than the locked one`;
  }
  for (const path of Object.keys(installed)) {
    const parent = path.slice(0, path.lastIndexOf("/node_modules/"));
    if (parent in locked && !(path in locked)) return `${path} is not locked`;
  }

  // npm's receipt doesn't tell whether its scripts were allowed to run, and of which machine what they built is.
  if ("node_modules/sqlite3" in locked && !loads(root, "sqlite3")) return "the native part of sqlite3 can't be loaded";
  return undefined;
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
