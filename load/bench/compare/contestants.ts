import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { copyDatabase } from "../../../src/cli/bulk/copy.js";
import { openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";
import { startPostgres } from "../../../test/support/postgres-server.js";
import { startServer, type Server } from "../../server-process.js";

/** A description of each contestant, stored with the results. */
export const descriptions = {
  Postern: "this checkout's build",
  "on PostgreSQL": "the same, with the same rows in a PostgreSQL server, whose memory and CPU time are not counted",
  "by hand": "Mercurius, graphql-jit, better-sqlite3, written for these operations alone",
};
export type Name = keyof typeof descriptions;
export type Contestant = { readonly name: Name; readonly server: Server };

/** Starts a contestant on a copy of the database file. Contestants share the file, and so the sessions in it. */
export async function startContestant(name: Name, database: string, core: number | undefined): Promise<Contestant> {
  if (name === "by hand") installPeers();
  const server = await startServer({
    main: resolve(name === "by hand" ? "load/bench/peers/by-hand.mjs" : "dist/main.js"),
    database,
    settings: name === "on PostgreSQL" ? { DATABASE_URL: await copyToPostgres(database, core) } : {},
    core,
  });
  return { name, server };
}

/** Starts a PostgreSQL server that ends with this process, and copies the database into it. Returns its URL. */
async function copyToPostgres(file: string, core: number | undefined): Promise<string> {
  const { url, pid } = await startPostgres();
  // Its later processes stay on the core of the first one.
  if (core !== undefined) execFileSync("taskset", ["-cp", String(core), String(pid())], { stdio: "ignore" });
  const [source, target] = [await openDatabase(`sqlite:${file}`, entities), await openDatabase(url, entities)];
  await copyDatabase(source, target, entities, () => {});
  await Promise.all([source.close(true), target.close(true)]);
  return url;
}

/** Installs the peers' packages if they are missing or stale. */
function installPeers(): void {
  const folder = resolve("load/bench/peers");
  const mark = resolve(folder, "node_modules/.postern-installed");
  const lock = readFileSync(resolve(folder, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  console.error("Installing what Postern is compared with (better-sqlite3 may be compiled, for some minutes) …");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  writeFileSync(mark, wanted);
}
