import { describe, expect, test } from "vitest";
import { startApi } from "../../support/api.js";
import { createPost } from "../../support/posts.js";
import { list, titles, byTitle, neither } from "../../support/pages.js";

describe("a filter", () => {
  async function shelf() {
    const api = await startApi({ ACCESS_TOKEN_TTL: "24h" });
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    for (const account of [ada, bob]) {
      await createPost(account, { title: `${account.name}-published` });
      api.clock.advance(1000);
      await createPost(account, { title: `${account.name}-draft`, published: false });
      api.clock.advance(1000);
      await createPost(account, { title: `${account.name}-scheduled`, publishAt: "2026-11-22T12:00:00.000Z" });
      api.clock.advance(1000);
    }
    return { api, ada, bob, by: (filter: unknown) => list(ada, { filter, orderBy: byTitle }) };
  }

  test("returns the posts that meet all of its conditions, among those that the viewer may see", async () => {
    const { ada, bob, by } = await shelf();
    const seen = "Ada-draft Ada-published Ada-scheduled Bob-published";

    for (const { filter, found } of [
      { filter: null, found: seen },
      { filter: {}, found: seen },
      { filter: { status: null, authorId: null, createdAfter: null, createdBefore: null }, found: seen },
      { filter: { status: "DRAFT" }, found: "Ada-draft" },
      { filter: { status: "SCHEDULED" }, found: "Ada-scheduled" },
      { filter: { status: "PUBLISHED" }, found: "Ada-published Bob-published" },
      { filter: { authorId: ada.id }, found: "Ada-draft Ada-published Ada-scheduled" },
      { filter: { authorId: bob.id }, found: "Bob-published" },
      { filter: { authorId: bob.id, status: "DRAFT" }, found: "" },
      { filter: { authorId: bob.id, status: "SCHEDULED" }, found: "" },
      { filter: { authorId: bob.id.toLowerCase() }, found: "" },
      { filter: { authorId: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV" }, found: "" },
      { filter: { createdAfter: "2026-11-22T09:00:00.417Z" }, found: "Ada-draft Ada-scheduled Bob-published" },
      { filter: { createdAfter: "2026-11-22T09:00:00.416Z" }, found: seen },
      { filter: { createdBefore: "2026-11-22T09:00:01.417Z" }, found: "Ada-published" },
      { filter: { createdBefore: "2026-11-22T09:00:01.418Z" }, found: "Ada-draft Ada-published" },
      {
        filter: { createdAfter: "2026-11-22T09:00:00.417Z", createdBefore: "2026-11-22T09:00:02.417Z" },
        found: "Ada-draft",
      },
      { filter: { createdAfter: "2026-11-22T10:00:00Z", createdBefore: "2026-11-22T08:00:00Z" }, found: "" },
      { filter: { createdAfter: "0001-01-01T00:00:00Z", createdBefore: "9999-12-31T23:59:59.999Z" }, found: seen },
    ])
      expect({ filter, ...(await by(filter)) }).toEqual({
        filter,
        titles: found,
        ...neither,
        totalCount: found === "" ? 0 : found.split(" ").length,
      });
  });

  test("treats a scheduled post as published from its date on", async () => {
    const { api, bob, by } = await shelf();

    api.clock.set(new Date("2026-11-22T11:59:59.999Z"));
    expect((await by({ status: "PUBLISHED" })).titles).toBe("Ada-published Bob-published");
    expect((await by({ status: "SCHEDULED" })).titles).toBe("Ada-scheduled");
    api.clock.advance(1);
    expect((await by({ status: "SCHEDULED" })).titles).toBe("");
    expect((await by({ status: "PUBLISHED" })).titles).toBe("Ada-published Ada-scheduled Bob-published Bob-scheduled");
    expect(await titles(bob, { filter: { status: "DRAFT" } })).toBe("Bob-draft");
  });

  test("finds no drafts and no scheduled posts for callers without an account", async () => {
    const api = await startApi({ PUBLIC_READS: "true" });
    const ada = await api.register();
    await createPost(ada, { title: "Draft", published: false });
    await createPost(ada, { title: "Scheduled", publishAt: "2026-11-22T12:00:00.000Z" });
    await createPost(ada, { title: "Published" });

    for (const { filter, found } of [
      { filter: {}, found: "Published" },
      { filter: { authorId: ada.id }, found: "Published" },
      { filter: { status: "DRAFT" }, found: "" },
      { filter: { status: "SCHEDULED", authorId: ada.id }, found: "" },
    ])
      expect(await list(api, { filter })).toMatchObject({ titles: found, totalCount: found === "" ? 0 : 1 });
  });
});
