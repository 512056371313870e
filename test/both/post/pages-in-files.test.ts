import { existsSync } from "node:fs";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectDatabase, openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";
import { startApi } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { newFile } from "../../support/files.js";
import { createPost, deletePost, updatePost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";
import { list, titles, neither } from "../../support/pages.js";

describe("in a file or on a server", () => {
  test("sees a post in the list as soon as it is created, changed and deleted", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();

    for (let turn = 0; turn < 20; turn += 1) {
      const id = await createPost(ada, { title: "One" });
      expect(await list(ada)).toMatchObject({ titles: "One", totalCount: 1 });
      await updatePost(ada, { id, title: "Two" });
      expect(await list(ada)).toMatchObject({ titles: "Two", totalCount: 1 });
      await deletePost(ada, id);
      expect(await list(ada)).toMatchObject({ titles: "", totalCount: 0 });
    }
  });

  test("shows everybody their own writes while many read and write at once", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();
    const numbers = Array.from({ length: 50 }, (_, index) => String(index));

    await Promise.all(
      numbers.map(async (title) => {
        await createPost(ada, { title });
        expect((await titles(ada, { first: 100 })).split(" ")).toContain(title);
      }),
    );

    const end = await list(ada, { first: 100 });
    expect(end.titles.split(" ").toSorted()).toEqual(numbers.toSorted());
    expect(end.totalCount).toBe(50);
  });

  test("sees commits of another process, and doesn't wait while one is writing", async () => {
    const url = await newDatabaseUrl();
    const [one, two] = [await startApi({ DATABASE_URL: url }), await startApi({ DATABASE_URL: url })];
    const ada = await one.register();
    const onTwo = { send: (query: string, options = {}) => two.send(query, { token: ada.token, ...options }) };
    await createPost(ada, { title: "One" });
    expect(await titles(onTwo)).toBe("One");

    const database = await openDatabase(url, entities);
    await database.em.transactional(async (em) => {
      await em.execute("update posts set title = 'Two'");
      expect(await titles(ada)).toBe("One");
      expect(await titles(onTwo)).toBe("One");
    });
    await database.close(true);

    expect(await titles(ada)).toBe("Two");
    expect(await titles(onTwo)).toBe("Two");
  });

  test("answers more kinds of lists than the number of statements kept prepared, repeatedly", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();
    await createPost(ada, { title: "One" });
    const kinds = ["PUBLISHED_AT", "CREATED_AT", "UPDATED_AT", "TITLE", "VOTE_COUNT"].flatMap((field) =>
      ["ASC", "DESC"].flatMap((direction) =>
        [{}, { status: "PUBLISHED" }, { authorId: ada.id }].flatMap((filter) =>
          [{ first: 1 }, { last: 1 }, { offset: 0 }, { search: "one" }].map((args) => ({
            ...args,
            filter,
            orderBy: { field, direction },
          })),
        ),
      ),
    );

    for (let turn = 0; turn < 2; turn += 1)
      for (const answer of await Promise.all(kinds.map((kind) => list(ada, kind))))
        expect(answer).toEqual({ titles: "One", ...neither, totalCount: 1 });
  });

  // A connection of its own asks, which PostgreSQL counts too.
  test.runIf(inject("database") === "postgresql")("leaves no connection open when it stops", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();
    await createPost(ada);
    await Promise.all([list(ada), list(ada), list(ada)]);
    const asking = await connectDatabase(api.server.database.url, entities);
    onTestFinished(() => asking.close(true));
    const connections = () =>
      rows(
        asking,
        `select pid from pg_stat_activity where datname = current_database() and application_name = 'postern'`,
      );
    expect((await connections()).length).toBeGreaterThan(3);

    await api.server.stop();

    expect(await connections()).toHaveLength(1);
  });

  test.runIf(inject("database") === "sqlite")("leaves no file open when it stops", async () => {
    const file = newFile();
    const api = await startApi({ DATABASE_URL: `sqlite:${file}` });
    const ada = await api.register();
    await createPost(ada);
    await Promise.all([list(ada), list(ada), list(ada)]);
    expect(existsSync(`${file}-wal`)).toBe(true);

    await api.server.stop();

    // The last connection to close removes the log.
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(existsSync(`${file}-shm`)).toBe(false);
    // As a second signal would have it.
    await api.server.stop();
  });
});
