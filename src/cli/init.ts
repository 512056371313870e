import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { newSecret } from "../foundation/config/secret-file.js";
import { version } from "../server/process/version.js";
import { CommandError, type CommandResult } from "./command.js";
import type { Template } from "./commands/upkeep.js";

const ownFolder = fileURLToPath(new URL("../..", import.meta.url));
const example = (name: string) => join(ownFolder, "examples", name);

/**
 * Writes a project with a feature and its tests, made from the package's examples.
 *
 * @throws CommandError if the folder isn't empty.
 */
export function makeProject(folder: string, template: Template): CommandResult {
  refuseUnlessEmpty(folder);
  mkdirSync(folder, { recursive: true });
  copy(example("project"), folder, (name) => !/^(package|web)\.json$/.test(name));
  copy(example("bookmarks"), folder);
  if (template === "web") copy(example("web"), join(folder, "web"));
  writeFileSync(join(folder, ".env"), environment(), { mode: 0o600 });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(folder, template), null, 2)}\n`);
  const lines = [`Made a project in ${folder}. Go on there:`, "  npm start", "  npm test"];
  return {
    json: { folder: resolve(folder), template },
    text: [...lines, ...(template === "web" ? ["  npm run web"] : [])].join("\n"),
  };
}

function refuseUnlessEmpty(folder: string): void {
  try {
    if (readdirSync(folder).length === 0) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    throw new CommandError(`${folder} can't be used (${code}): name a folder that is new or empty`);
  }
  throw new CommandError(`${folder} isn't empty: name a folder that is new or empty`);
}

/** Copies a folder. Names that begin with `dot-` get a dot: npm leaves some such files out of a package. */
function copy(from: string, to: string, isWanted: (name: string) => boolean = () => true): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!isWanted(entry.name) || entry.name === "node_modules") continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name.replace(/^dot-/, "."))];
    if (entry.isDirectory()) copy(source, target);
    else if (/\.(json|ts)$/.test(entry.name)) writeFileSync(target, outsideCheckout(readFileSync(source, "utf8")));
    else cpSync(source, target);
  }
}

// A comment, and the property below it, on one line or in braces.
const onlyInCheckout = /^( *)\/\/ In this checkout.*\n(?:\1\S.*\{\n(?:\1 .*\n)*\1\}.*\n|.*\n)/gm;

/** Removes what an example needs only in a checkout of Postern. */
const outsideCheckout = (text: string): string => text.replaceAll(onlyInCheckout, "");

const environment = () =>
  [
    "# The settings are in node_modules/postern/docs/settings.md.",
    "PORT=4000",
    "DATABASE_URL=sqlite:./data/postern.sqlite",
    `JWT_SECRET=${newSecret()}`,
    "",
  ].join("\n");

type Manifest = Readonly<Record<string, unknown>> & {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

const manifestIn = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Manifest;

function manifest(folder: string, template: Template): Manifest {
  const base = manifestIn(join(example("project"), "package.json"));
  const own = { dependencies: { postern: specFor(folder) } };
  const parts = [base, own, ...(template === "web" ? [manifestIn(join(example("project"), "web.json"))] : [])];
  const merged = (key: "scripts" | "dependencies" | "devDependencies") =>
    Object.assign({}, ...parts.map((part) => (part as Partial<Manifest>)[key]));
  return {
    ...base,
    scripts: merged("scripts"),
    dependencies: merged("dependencies"),
    devDependencies: merged("devDependencies"),
  };
}

/** Returns what a project in the folder depends on to get this package: its tarball if it came from one, else its version. */
function specFor(folder: string): string {
  for (let at = dirname(ownFolder); at !== dirname(at); at = dirname(at)) {
    const spec = dependencyIn(join(at, "package.json"));
    if (spec === undefined) continue;
    const [, tarball] = /^(?:file:)?(.+\.tgz)$/.exec(spec) ?? [];
    if (tarball !== undefined && !/^https?:/.test(tarball)) return `file:${relative(folder, resolve(at, tarball))}`;
    return version;
  }
  return version;
}

function dependencyIn(file: string): string | undefined {
  try {
    const { dependencies, devDependencies } = manifestIn(file) as Partial<Manifest>;
    return dependencies?.["postern"] ?? devDependencies?.["postern"];
  } catch {
    return undefined;
  }
}
