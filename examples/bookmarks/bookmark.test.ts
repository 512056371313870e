import { createServer } from "postern";
import { expect, onTestFinished, test } from "vitest";

import { bookmarks } from "./bookmark.feature.js";

/** Starts the server with a clock that the test moves, and gives what sends it requests. */
async function start() {
  const clock = { now: new Date("2026-11-29T09:00:00.000Z") };
  const settings = { PORT: "0", DATABASE_URL: "sqlite::memory:", JWT_SECRET: "x".repeat(32), LOG_LEVEL: "silent" };
  const server = await createServer({ ...bookmarks, settings, clock: () => clock.now });
  onTestFinished(server.stop);
  const send = async (query: string, token?: string): Promise<any> => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(server.url, { method: "POST", headers, body: JSON.stringify({ query }) });
    return answer.json();
  };
  const input = `{ name: "Ada", email: "ada@example.com", password: "password of Ada" }`;
  const { data } = await send(`mutation { register(input: ${input}) { accessToken } }`);
  return { clock, ask: (query: string) => send(query, data.register.accessToken) };
}

test("a bookmark needs a session that has not ended", async () => {
  const { clock, ask } = await start();
  const { data } = await ask(`mutation { createPost(input: { title: "Rain", content: "…" }) { post { id } } }`);
  const add = `mutation { addBookmark(postId: "${data.createPost.post.id}") { id } }`;
  const { addBookmark } = (await ask(add)).data;
  expect((await ask(add)).data).toEqual({ addBookmark });
  expect(await ask("{ bookmarks { id post { title } } }")).toEqual({
    data: { bookmarks: [{ ...addBookmark, post: { title: "Rain" } }] },
  });

  clock.now = new Date("2026-11-29T09:30:00.000Z");
  expect((await ask("{ bookmarks { id } }")).errors).toMatchObject([
    { extensions: { code: "UNAUTHENTICATED", reason: "TOKEN_EXPIRED" } },
  ]);
});

test("a shelf has room for 50 bookmarks", async () => {
  const { ask } = await start();
  const post = `mutation { createPost(input: { title: "Rain", content: "…" }) { post { id } } }`;
  const add = async () =>
    ask(`mutation { addBookmark(postId: "${(await ask(post)).data.createPost.post.id}") { id } }`);
  for (let count = 0; count < 50; count += 1) expect(await add()).not.toHaveProperty("errors");
  expect((await add()).errors).toMatchObject([{ extensions: { code: "SHELF_FULL", mostBookmarks: 50 } }]);
});
