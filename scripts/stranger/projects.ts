import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { refuse, temporaryFolder, type Machine } from "./machine.js";

type Given = {
  /** A folder that has installed the package from its tarball. */
  readonly installed: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly compiles: boolean;
};

/** Makes projects by `postern init`, starts one and runs its tests. */
export async function tryProjects(machine: Machine, { installed, settings, compiles }: Given): Promise<void> {
  const server = join(temporaryFolder("project"), "server");
  machine.run(installed, "npx", "postern", "init", server);
  const project = join(temporaryFolder("project"), "web");
  machine.run(installed, "npx", "postern", "init", project, "--template", "web");
  const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  if (!/^file:.*\.tgz$/.test(dependencies.postern)) refuse(`The project depends on postern ${dependencies.postern}`);

  // The first of `npm start` and `npm test` installs. sqlite3 is then put there, unless it was compiled.
  machine.run(project, "env", `npm_config_ignore_scripts=${!compiles}`, "npm", "run", "prestart");
  if (!compiles) cpSync("node_modules/sqlite3/build", join(project, "node_modules/sqlite3/build"), { recursive: true });
  machine.run(project, "npm", "test");
  await machine.start({ folder: project, settings, command: ["npm", "start"], ready: /(http:\S+)\n/ });
  machine.run(project, "npm", "run", "types");
  machine.run(project, "npx", "vite", "build", "web");
}
