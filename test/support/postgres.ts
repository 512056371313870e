import { randomUUID } from "node:crypto";

import { Client } from "pg";
import { inject, onTestFinished } from "vitest";

/** An empty PostgreSQL database of a test's own, by its URL; dropped when the test is over, whoever is connected. */
export async function newPostgresDatabase(): Promise<string> {
  const name = `postern_test_${randomUUID().replaceAll("-", "")}`;
  await execute(`create database ${name} strategy file_copy`);
  onTestFinished(() => execute(`drop database ${name} with (force)`));
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return url.href;
}

async function execute(statement: string): Promise<void> {
  const client = new Client(inject("postgresUrl"));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
