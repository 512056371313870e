import { describe, expect, test } from "vitest";
import { startApi } from "../../support/api.js";
import { createPost } from "../../support/posts.js";
import {
  userPostsQuery,
  ask,
  told,
  titles,
  createMany,
  cursorsOf,
  byTitle,
  cursorMessage,
} from "../../support/pages.js";

describe("a cursor", () => {
  const id = "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const encoded = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");

  const forged: { of: string; cursor: string; search?: string; orderBy?: unknown }[] = [
    { of: "another field's order", cursor: encoded([1, "CREATED_AT", "DESC", 0, id]) },
    { of: "the other direction", cursor: encoded([1, "PUBLISHED_AT", "ASC", 0, id]) },
    { of: "another version", cursor: encoded([2, "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "a version in text", cursor: encoded(["1", "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "no version", cursor: encoded(["PUBLISHED_AT", "DESC", 0, id]) },
    { of: "a text for a date", cursor: encoded([1, "PUBLISHED_AT", "DESC", "0", id]) },
    { of: "half a millisecond", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0.5, id]) },
    { of: "a number past all whole ones", cursor: encoded([1, "PUBLISHED_AT", "DESC", 2 ** 53, id]) },
    { of: "no key", cursor: encoded([1, "PUBLISHED_AT", "DESC", null, id]) },
    { of: "an operator for a key", cursor: encoded([1, "PUBLISHED_AT", "DESC", { $gt: 0 }, id]) },
    { of: "a list for a key", cursor: encoded([1, "PUBLISHED_AT", "DESC", [0], id]) },
    { of: "a user's id", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id.replace("post", "user")]) },
    { of: "an id that is none", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, "post_1"]) },
    { of: "an id with more behind it", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, `${id}~`]) },
    { of: "an operator for an id", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, { $ne: "" }]) },
    { of: "a list for an id", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, [id]]) },
    { of: "one value more", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id, 0]) },
    { of: "one value less", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0]) },
    { of: "an object", cursor: encoded({ 0: 1, 1: "PUBLISHED_AT", 2: "DESC", 3: 0, 4: id, length: 5 }) },
    {
      of: "a prototype",
      cursor: Buffer.from(`{"__proto__":[1,"PUBLISHED_AT","DESC",0,"${id}"]}`).toString("base64url"),
    },
    { of: "null", cursor: encoded(null) },
    { of: "JSON that isn't encoded", cursor: JSON.stringify([1, "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "half of itself", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id]).slice(0, 40) },
    { of: "a million characters", cursor: "A".repeat(1_000_000) },
    { of: "a post's id", cursor: id },
    { of: "NUL", cursor: "\0" },
    { of: "half a pair", cursor: "\ud800" },
    { of: "a title with NUL", orderBy: byTitle, cursor: encoded([1, "TITLE", "ASC", "\0", id]) },
    { of: "a title with half a pair", orderBy: byTitle, cursor: encoded([1, "TITLE", "ASC", "\ud800", id]) },
    { of: "a number for a title", orderBy: byTitle, cursor: encoded([1, "TITLE", "ASC", 0, id]) },
    { of: "how well posts match no search", cursor: encoded([1, "MATCH", "DESC", 7, id]) },
    { of: "a date instead of a match", search: "word", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "a text for a match", search: "word", cursor: encoded([1, "MATCH", "DESC", "7", id]) },
  ];

  test("is refused if it is forged or of another list, both as `after` and as `before`", async () => {
    const api = await startApi();
    const ada = await api.register();

    for (const { of, cursor, ...rest } of forged)
      for (const name of ["after", "before"]) {
        const { status, body } = await ask(ada, { ...rest, [name]: cursor });
        expect({ of, status, body }).toEqual({
          of,
          status: 200,
          body: {
            data: null,
            errors: [
              {
                message: `${name}: ${cursorMessage}`,
                locations: expect.any(Array),
                path: ["posts"],
                extensions: { code: "BAD_USER_INPUT", issues: [{ path: [name], message: cursorMessage }] },
              },
            ],
          },
        });
      }
  });

  test("is a place in the list, even if no post was ever there", async () => {
    const api = await startApi();
    const ada = await api.register();
    await createMany(api, ada, 2);
    const second = Date.parse("2026-11-22T09:00:01.417Z");

    for (const { key, after, before } of [
      { key: second + 1, after: "2 1", before: "" },
      { key: second - 1, after: "1", before: "2" },
      { key: 0, after: "", before: "2 1" },
      { key: -1, after: "", before: "2 1" },
      { key: Number.MAX_SAFE_INTEGER, after: "2 1", before: "" },
      // Ids of any post made in this century come after this one.
      { key: second, after: "1", before: "2" },
    ]) {
      const cursor = encoded([1, "PUBLISHED_AT", "DESC", key, "post_00000000000000000000000000"]);
      expect([key, await titles(ada, { after: cursor })]).toEqual([key, after]);
      expect([key, await titles(ada, { before: cursor })]).toEqual([key, before]);
    }
  });

  test("may hold a title of any length", async () => {
    const api = await startApi();
    const ada = await api.register();
    await createPost(ada, { title: "x" });
    const cursor = encoded([1, "TITLE", "ASC", "x".repeat(500_000), id]);

    expect(await titles(ada, { orderBy: byTitle, before: cursor })).toBe("x");
    expect(await titles(ada, { orderBy: byTitle, after: cursor })).toBe("");
  });

  test("is valid for other filters, searches and viewers in the same order", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register(), await api.register()];
    await createMany(api, ada, 3);
    await createPost(bob, { title: "4" });
    await createPost(ada, { title: "draft", published: false });
    const { 3: after, draft } = await cursorsOf(ada);
    const latestFirst = { field: "PUBLISHED_AT", direction: "DESC" };

    expect(await titles(bob, { after })).toBe("2 1");
    expect(await titles(bob, { after: draft })).toBe("4 3 2 1");
    expect(await titles(bob, { after, filter: { authorId: ada.id } })).toBe("2 1");
    expect(await titles(bob, { before: after, filter: { authorId: bob.id } })).toBe("4");
    expect(await titles(bob, { after, orderBy: latestFirst })).toBe("2 1");
    expect(await titles(bob, { after, orderBy: latestFirst, search: "content" })).toBe("2 1");
    expect(told(await bob.send(userPostsQuery(ada.id), { variables: { after } })).titles).toBe("2 1");
  });

  test("pages through the matches of a search, both ways", async () => {
    const api = await startApi();
    const ada = await api.register();
    for (const title of ["word", "other", "wordy", "words and word"]) {
      await createPost(ada, { title, content: title === "other" ? "word" : "Content" });
      api.clock.advance(1000);
    }
    const search = "word";
    const all = (await ask(ada, { search })).body.data.posts.edges;
    expect(all).toHaveLength(4);

    for (const [index, { cursor }] of all.entries()) {
      const [after, before] = [await ask(ada, { search, after: cursor }), await ask(ada, { search, before: cursor })];
      expect(after.body.data.posts.edges).toEqual(all.slice(index + 1));
      expect(before.body.data.posts.edges).toEqual(all.slice(0, index));
      expect(told(after)).toMatchObject({ next: false, previous: true, totalCount: 4 });
      expect(told(before)).toMatchObject({ next: true, previous: false, totalCount: 4 });
    }
  });
});
