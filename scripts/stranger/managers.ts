import { readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** A package manager that docs/add-bookmarks.md has commands for. */
type Manager = {
  /** The package that brings its command; undefined for npm, which comes with Node. */
  readonly tool?: string;
  /** The info string of its commands in the guide. */
  readonly blocks: string;
  /** Changes a command so that sqlite3 isn't compiled; npm and pnpm are told by the environment. */
  readonly unbuilt: (line: string) => string;
};

/** Returns the manager of a name and version such as `pnpm@10`; npm without one. */
export function managerOf(spec: string | undefined): Manager {
  const [name, version] = spec?.split("@") ?? ["npm"];
  if (name === "npm") return { blocks: "sh", unbuilt: (line) => line };
  if (name === "pnpm")
    return { tool: spec!, blocks: "sh pnpm", unbuilt: (line) => line.replace(" --allow-build=sqlite3", "") };
  if (version?.startsWith("1"))
    return {
      tool: spec!,
      blocks: "sh yarn-1",
      unbuilt: (line) => line.replace("yarn add", "yarn add --ignore-scripts"),
    };
  const built = /^.*dependenciesMeta.*$/;
  return { tool: `@yarnpkg/cli-dist@${version}`, blocks: "sh yarn-4", unbuilt: (line) => line.replace(built, "true") };
}

/** Complaints about peers that a project lacks, as pnpm and yarn word them. */
export const missingPeer = /^.*(YN0002|unmet peer|missing peer).*$/im;

/** Returns the folders in which a project has a package. */
export function copiesOf(project: string, name: string): string[] {
  const end = join("node_modules", name, "package.json");
  const files = readdirSync(join(project, "node_modules"), { recursive: true, encoding: "utf8" })
    .map((file) => join(project, "node_modules", file))
    .filter((file) => file.endsWith(`/${end}`));
  return [...new Set(files.map((file) => dirname(realpathSync(file))))];
}
