import { Client } from "pg";
import { expect, test } from "vitest";

import { divideConnections } from "../../src/database/postgresql/connection-shares.js";
import { startApi } from "../support/api.js";
import { newPostgresDatabase } from "../support/postgres.js";
import { createPost, votePost } from "../support/posts.js";

test("shares out what a process may open, with one at least for each kind of work", () => {
  expect(divideConnections(13)).toEqual({ writers: 8, shortReaders: 2, slowReaders: 2 });
  expect(divideConnections(5)).toEqual({ writers: 2, shortReaders: 1, slowReaders: 1 });
  for (let connections = 5; connections <= 1000; connections += 1) {
    const { writers, shortReaders, slowReaders } = divideConnections(connections);
    expect(1 + writers + shortReaders + slowReaders).toBe(connections);
    // A process that migrates needs two that can write.
    expect(Math.min(writers - 1, shortReaders, slowReaders)).toBeGreaterThanOrEqual(1);
  }
});

test("answers everything over the fewest connections, and never opens more", async () => {
  const connections = 5;
  const url = await newPostgresDatabase();
  const watcher = new Client(url);
  await watcher.connect();
  let most = 0;
  const count = async () => {
    const { rows } = await watcher.query(
      "select count(*)::int as open from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    most = Math.max(most, rows[0].open);
  };
  const load = { isOver: false };
  const watch = async () => {
    while (!load.isOver) await count();
  };

  const watched = watch();
  const api = await startApi({ DATABASE_URL: url, DATABASE_CONNECTIONS: String(connections) });
  const people = await Promise.all(Array.from({ length: 6 }, () => api.register()));
  const posts = await Promise.all(people.map((person) => createPost(person, { title: "Rain" })));
  const page = `{ posts(first: 10) { nodes { title author { name } } } me { name } }`;
  const search = `{ posts(first: 10, search: "rain") { totalCount nodes { title } } }`;
  const answers = await Promise.all(
    people.flatMap((person, index) =>
      posts.flatMap((id) => [person.send(page), votePost(person, id), person.send(index < 3 ? search : page)]),
    ),
  );
  load.isOver = true;
  await watched;
  await count();
  await watcher.end();

  expect(answers.flatMap(({ body }) => body.errors ?? [])).toEqual([]);
  expect(most).toBeLessThanOrEqual(connections);
  expect(most).toBeGreaterThan(connections / 2);
});
