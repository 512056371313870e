import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client } from "pg";
import sqlite from "sqlite3";

import { startPostgres } from "../test/support/postgres-server.js";

/** Creates an empty database for each chapter of a recording. */
export type Databases = {
  readonly create: (name: string) => Promise<string>;
  /** Runs a statement behind the server's back. */
  readonly run: (databaseUrl: string, statement: string) => Promise<void>;
  readonly end: () => Promise<void>;
};

export function sqliteDatabases(): Databases {
  const folder = mkdtempSync(join(tmpdir(), "postern-answers-"));
  return {
    create: (name) => Promise.resolve(`sqlite:${join(folder, `${name}.sqlite`)}`),
    run: (url, statement) =>
      new Promise((resolve, reject) => {
        const database = new sqlite.Database(url.slice("sqlite:".length));
        database.configure("busyTimeout", 10_000);
        database.exec(statement, (error) => database.close(() => (error === null ? resolve() : reject(error))));
      }),
    end() {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Uses the PostgreSQL server at a URL, else starts one that ends with the recording. */
export async function postgresDatabases(given: string | undefined): Promise<Databases> {
  const own = given === undefined ? await startPostgres() : undefined;
  const url = given ?? own!.url;
  const created: string[] = [];
  const run = async (databaseUrl: string, statement: string): Promise<void> => {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  return {
    run,
    async create(name) {
      const database = `answers_${process.pid}_${name.replaceAll("-", "_")}`;
      await run(url, `create database ${database}`);
      created.push(database);
      const address = new URL(url);
      address.pathname = `/${database}`;
      return address.href;
    },
    async end() {
      for (const database of created) await run(url, `drop database if exists ${database} with (force)`);
      await own?.stop();
    },
  };
}
