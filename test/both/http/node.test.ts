import { expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi } from "../../support/api.js";
import { createPost } from "../../support/posts.js";

const later = "2026-11-23T09:00:00.000Z";

const fields = `__typename id ... on Post { title } ... on User { name } ... on Session { current }`;
const askedBy =
  (send: Account["send"]) =>
  async (id: string): Promise<any> => {
    const { body } = await send(`query ($id: ID!) { node(id: $id) { ${fields} } }`, { variables: { id } });
    expect(body.errors).toBeUndefined();
    return body.data.node;
  };

test("returns what the viewer may see, with its type", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const published = await createPost(ada, { title: "Published" });
  const draft = await createPost(ada, { title: "Draft", published: false });
  const scheduled = await createPost(ada, { title: "Scheduled", publishAt: later });
  const [toAda, toBob] = [askedBy(ada.send), askedBy(bob.send)];

  expect(await toAda(draft)).toEqual({ __typename: "Post", id: draft, title: "Draft" });
  expect(await toAda(scheduled)).toEqual({ __typename: "Post", id: scheduled, title: "Scheduled" });
  expect([await toBob(draft), await toBob(scheduled)]).toEqual([null, null]);
  for (const ask of [toAda, toBob]) {
    expect(await ask(published)).toEqual({ __typename: "Post", id: published, title: "Published" });
    expect(await ask(ada.id)).toEqual({ __typename: "User", id: ada.id, name: "Ada" });
    expect(await ask(bob.id)).toEqual({ __typename: "User", id: bob.id, name: "Bob" });
  }
});

test("returns a session only to its own user, as long as it lives", async () => {
  const api = await startApi({ PUBLIC_READS: "true" });
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const login = `mutation ($input: LoginInput!) { login(input: $input) { user { sessions { id } } } }`;
  const { body } = await api.send(login, { variables: { input: { email: ada.email, password: ada.password } } });
  const second = body.data.login.user.sessions.find((session: any) => session.id !== ada.sessionId).id;
  const [toAda, toBob] = [askedBy(ada.send), askedBy(bob.send)];

  expect(await toAda(ada.sessionId)).toEqual({ __typename: "Session", id: ada.sessionId, current: true });
  expect(await toAda(second)).toEqual({ __typename: "Session", id: second, current: false });
  expect([await toBob(second), await toAda(bob.sessionId)]).toEqual([null, null]);
  await ada.send(`mutation { revokeSession(input: { sessionId: "${second}" }) { sessionId } }`);
  expect(await toAda(second)).toBeNull();

  for (const id of [ada.sessionId, second, "session_01ARZ3NDEKTSV4RRFFQ69G5FAV"]) {
    const { status, body: refusal } = await api.send(`{ node(id: "${id}") { id } }`);
    expect(status).toBe(401);
    expect(refusal.errors![0]!.extensions).toMatchObject({ code: "UNAUTHENTICATED", reason: "TOKEN_MISSING" });
  }
});

test("returns the authors of public posts to callers without a session", async () => {
  const api = await startApi({ PUBLIC_READS: "true" });
  const [ada, bob, cat] = [await api.register("Ada"), await api.register("Bob"), await api.register("Cat")];
  const published = await createPost(ada);
  const draft = await createPost(bob, { published: false });
  const scheduled = await createPost(bob, { publishAt: "2026-11-22T09:10:00.000Z" });
  const toNobody = askedBy(api.send);
  const seen = async () => {
    const shown = [];
    for (const id of [ada.id, bob.id, cat.id, published, draft, scheduled]) if (await toNobody(id)) shown.push(id);
    return shown;
  };

  expect(await seen()).toEqual([ada.id, published]);
  api.clock.set(new Date("2026-11-22T09:09:59.999Z"));
  expect(await seen()).toEqual([ada.id, published]);
  api.clock.advance(1);
  expect(await seen()).toEqual([ada.id, bob.id, published, scheduled]);
  const { status, body } = await api.send(`{ node(id: "${ada.id}") { id } }`, {
    headers: { authorization: "Bearer x" },
  });
  expect(status).toBe(401);
  expect(body.errors![0]!.extensions["reason"]).toBe("TOKEN_INVALID");
});

test("answers null for texts that aren't ids", async () => {
  const api = await startApi({ PUBLIC_READS: "true" });
  const ada = await api.register("Ada");
  const post = await createPost(ada);
  const ulid = post.slice("post_".length);
  const nonsense = ["", " ", "x", "1", "post_", ulid, `user_${ulid}`, `comment_${ulid}`, `POST_${ulid}`, `${post} `];
  const strange = [`${post}\0`, "post_'; --", "__proto__", "post_%", "\ud800", "x".repeat(50_000), post.repeat(1000)];

  for (const id of [...nonsense, ...strange, `session_${ulid}`]) expect(await askedBy(ada.send)(id)).toBeNull();
  for (const id of [...nonsense, ...strange]) expect(await askedBy(api.send)(id)).toBeNull();
});

test("each root field of an operation reads as its own viewer", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const id = await createPost(ada, { title: "Published" });
  await createPost(ada, { title: "Draft", published: false });
  const posts = "posts { totalCount nodes { title viewerHasVoted } }";
  const input = { email: ada.email, password: ada.password };

  const { body } = await bob.send(
    `mutation ($input: LoginInput!, $id: ID!) {
      before: votePost(input: { postId: $id }) { post { viewerHasVoted author { ${posts} } } }
      login(input: $input) { user { ${posts} } }
      after: votePost(input: { postId: $id }) { post { viewerHasVoted author { ${posts} } } }
    }`,
    { variables: { input, id } },
  );

  const toBob = { totalCount: 1, nodes: [{ title: "Published", viewerHasVoted: true }] };
  const voted = { post: { viewerHasVoted: true, author: { posts: toBob } } };
  const toAda = ["Draft", "Published"].map((title) => ({ title, viewerHasVoted: false }));
  expect(body.data).toEqual({
    before: voted,
    login: { user: { posts: { totalCount: 2, nodes: toAda } } },
    after: voted,
  });
});
