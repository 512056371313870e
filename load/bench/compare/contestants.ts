import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { copyDatabase } from "../../../src/cli/bulk/copy.js";
import { openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";
import { startPostgres } from "../../../test/support/postgres-server.js";
import { startServer, type Server } from "../../server-process.js";
import { documents } from "./documents.js";

export type Name = "Postern" | "on PostgreSQL" | "by hand" | "plain stack" | "floor";

/** A description of each contestant, printed with the figures. */
export const descriptions: Readonly<Record<Name, string>> = {
  Postern: "this checkout's build",
  "on PostgreSQL": "the same, with the same rows in a PostgreSQL server of its own on this machine",
  "by hand": "Mercurius, graphql-jit, better-sqlite3, written for these fields alone",
  "plain stack": "Apollo Server, type-graphql, MikroORM's em.find, as tutorials have it",
  floor: "node:http, better-sqlite3, JSON.stringify, without GraphQL",
};

const mains: Readonly<Record<Name, readonly string[]>> = {
  Postern: [resolve("dist/main.js")],
  "on PostgreSQL": [resolve("dist/main.js")],
  "by hand": [resolve("load/bench/peers/by-hand.mjs")],
  "plain stack": ["--import", import.meta.resolve("tsx"), resolve("load/bench/plain-stack/server.ts")],
  floor: [resolve("load/bench/peers/floor.mjs")],
};

export type Contestant = { readonly name: Name; readonly server: Server };

/** Starts the named contestants, all on one database file. */
export async function startContestants(names: readonly Name[], database: string): Promise<Contestant[]> {
  if (names.includes("by hand") || names.includes("floor")) installPeers();
  // The floor recognizes queries by their text alone. tsx looks for tsconfig.json in its working directory.
  const settings = { DOCUMENTS: JSON.stringify(documents), TSX_TSCONFIG_PATH: resolve("tsconfig.json") };
  const contestants: Contestant[] = [];
  for (const name of names) {
    const own = name === "on PostgreSQL" ? { DATABASE_URL: await copyToPostgres(database) } : {};
    const server = await startServer(mains[name], database, { ...settings, ...own });
    contestants.push({ name, server });
  }
  return contestants;
}

/** Starts a PostgreSQL server that ends with this process, and copies the database into it. */
async function copyToPostgres(file: string): Promise<string> {
  const { url } = await startPostgres();
  const [source, target] = [await openDatabase(`sqlite:${file}`, entities), await openDatabase(url, entities)];
  await copyDatabase(source, target, entities, () => {});
  await Promise.all([source.close(true), target.close(true)]);
  return url;
}

/** Installs the peers' packages if they are missing or stale. */
function installPeers(): void {
  const folder = resolve("load/bench/peers");
  const mark = resolve(folder, "node_modules/.postern-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(resolve(folder, "package-lock.json")))
    .digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  console.error("Installing what Postern is compared with (better-sqlite3 may be compiled, for some minutes) …");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  writeFileSync(mark, wanted);
}
