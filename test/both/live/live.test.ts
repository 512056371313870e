import { describe, expect, test } from "vitest";

import { startApi } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { connect, eventStream, follow, multipart, openSocket, openStream } from "../../support/live.js";
import { createPost, deletePost, unvotePost, updatePost, votePost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

const anId = expect.stringMatching(/^post_/);
const aCursor = expect.stringMatching(/^[\w-]{80}$/);

describe("a change of a post", () => {
  test("is sent to everybody who may see the post, as it happens", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const bob = await api.register("Bob");
    const fields = "postId occurredAt post { title voteCount viewerHasVoted author { name } }";
    const { event } = await follow(api, bob.token, { fields });
    const now = api.clock().toISOString();
    expect(await event()).toEqual({ kind: "READY", cursor: aCursor, occurredAt: now, postId: null, post: null });

    const post = { title: "Title", voteCount: 0, viewerHasVoted: false, author: { name: "Ada" } };
    const id = await createPost(ada);
    const told = { cursor: aCursor, occurredAt: now, postId: id };
    expect(await event()).toEqual({ ...told, kind: "ADDED", post });
    api.clock.advance(1000);
    await updatePost(ada, { id, title: "New" });
    const later = { ...told, occurredAt: api.clock().toISOString() };
    expect(await event()).toEqual({ ...later, kind: "CHANGED", post: { ...post, title: "New" } });
    await votePost(bob, id);
    const voted = { ...post, title: "New", voteCount: 1, viewerHasVoted: true };
    expect(await event()).toEqual({ ...later, kind: "VOTED", post: voted });
    await unvotePost(bob, id);
    expect(await event()).toEqual({ ...later, kind: "VOTED", post: { ...post, title: "New" } });
    await deletePost(ada, id);
    expect(await event()).toEqual({ ...later, kind: "REMOVED", post: null });
  });

  test("is sent only to the author of a draft", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const bob = await api.register("Bob");
    const [ofAda, ofBob] = [await follow(api, ada.token), await follow(api, bob.token)];
    await Promise.all([ofAda.event(), ofBob.event()]);

    const id = await createPost(ada, { published: false });
    await updatePost(ada, { id, title: "Still a draft" });
    await updatePost(ada, { id, published: true });
    await updatePost(ada, { id, published: false });
    await deletePost(ada, id);
    await createPost(bob, { title: "The last" });
    const kinds = (events: { kind: string }[]) => events.map(({ kind }) => kind);
    expect(kinds(await ofAda.events(6))).toEqual(["ADDED", "CHANGED", "CHANGED", "CHANGED", "REMOVED", "ADDED"]);
    expect(kinds(await ofBob.events(3))).toEqual(["ADDED", "REMOVED", "ADDED"]);
  });

  test("is sent to each viewer as that viewer sees it", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const [cat, dan] = [await api.register("Cat"), await api.register("Dan")];
    const id = await createPost(ada);
    await votePost(bob, id);
    await votePost(dan, id);
    const followAll = async (fields: string) => {
      const all = await Promise.all([ada, bob, cat, dan].map(({ token }) => follow(api, token, { fields })));
      await Promise.all(all.map(({ event }) => event()));
      return () => Promise.all(all.map(async ({ event }) => (await event())["post"]));
    };
    const [alone, shared] = [
      await followAll("post { viewerHasVoted author { email } }"),
      // One answer for those who have voted, another for those who haven't.
      await followAll("post { viewerHasVoted }"),
    ];
    await updatePost(ada, { id, title: "New" });
    expect(await alone()).toEqual([
      { viewerHasVoted: false, author: { email: ada.email } },
      { viewerHasVoted: true, author: { email: null } },
      { viewerHasVoted: false, author: { email: null } },
      { viewerHasVoted: true, author: { email: null } },
    ]);
    expect(await shared()).toEqual([false, true, false, true].map((viewerHasVoted) => ({ viewerHasVoted })));
    await votePost(cat, id);
    expect(await shared()).toEqual([false, true, true, true].map((viewerHasVoted) => ({ viewerHasVoted })));
    await unvotePost(dan, id);
    expect(await shared()).toEqual([false, true, true, false].map((viewerHasVoted) => ({ viewerHasVoted })));
  });

  test("is sent completely if it is large, on sockets and streams", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const fields = "post { title content }";
    const query = `subscription { postEvents { kind cursor ${fields} } }`;
    const authorization = [`Bearer ${ada.token}`];
    const sockets = [await follow(api, ada.token, { fields }), await follow(api, ada.token, { fields })];
    const streams = [
      await openStream(api, query, { authorization }),
      await openStream(api, query, { authorization, accept: multipart }),
    ];
    const all = [
      ...sockets.map(({ event }) => event),
      ...streams.map(({ next }) => async () => {
        const answer = await next();
        return (answer.payload ?? answer).data.postEvents;
      }),
    ];
    await Promise.all(all.map((next) => next()));
    const content = `"\u20ac\ud83d\ude00\\`.repeat(20_000);
    const id = await createPost(ada, { content });
    for (const next of all) expect((await next()).post).toEqual({ title: "Title", content });
    // And what follows it.
    await updatePost(ada, { id, content: "short" });
    for (const next of all) expect((await next()).post).toEqual({ title: "Title", content: "short" });
  });

  test("is sent at the publication date, once, by whichever server notices", async () => {
    const url = await newDatabaseUrl();
    const one = await startApi({ DATABASE_URL: url });
    const two = await startApi({ DATABASE_URL: url });
    const ada = await one.register("Ada");
    const bob = await one.register("Bob");
    const publishAt = new Date(one.clock().getTime() + 60_000).toISOString();
    const fields = "postId occurredAt post { status }";
    const [ofAda, ofBob] = [await follow(one, ada.token, { fields }), await follow(two, bob.token, { fields })];
    await Promise.all([ofAda.event(), ofBob.event()]);
    const id = await createPost(ada, { publishAt });
    expect(await ofAda.event()).toMatchObject({ kind: "ADDED", postId: id, post: { status: "SCHEDULED" } });

    for (const api of [one, two]) api.clock.advance(60_000);
    for (const api of [one, two]) api.timer.elapse(50);
    const due = { cursor: aCursor, postId: id, occurredAt: publishAt, post: { status: "PUBLISHED" } };
    expect(await ofBob.event()).toEqual({ ...due, kind: "ADDED" });
    one.timer.elapse(50);
    expect(await ofAda.event()).toEqual({ ...due, kind: "CHANGED" });
    await votePost(bob, id);
    two.timer.elapse(50);
    expect(await ofBob.event()).toMatchObject({ kind: "VOTED" });
  });

  test("is sent for the posts and votes of a deleted account", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const bob = await api.register("Bob");
    const [ofAda, ofBob] = [await createPost(ada), await createPost(bob)];
    await votePost(ada, ofBob);
    const { event, events } = await follow(api, bob.token, { fields: "postId post { voteCount }" });
    await event();
    await ada.send("mutation ($p: String!) { deleteAccount(input: { currentPassword: $p }) { deletedUserId } }", {
      variables: { p: ada.password },
    });
    const told = await events(2);
    expect(told).toContainEqual({ kind: "REMOVED", cursor: aCursor, postId: ofAda, post: null });
    expect(told).toContainEqual({ kind: "VOTED", cursor: aCursor, postId: ofBob, post: { voteCount: 0 } });
  });

  test("is not sent if the subscription is for another author or post", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const ofAda = await createPost(ada);
    const onlyAda = await follow(api, bob.token, { args: `authorId: "${ada.id}"` });
    const onlyPost = await follow(api, bob.token, { args: `postId: "${ofAda}"` });
    await Promise.all([onlyAda.event(), onlyPost.event()]);
    await createPost(bob);
    const another = await createPost(ada);
    await votePost(bob, ofAda);
    expect(await onlyAda.events(2)).toMatchObject([
      { kind: "ADDED", postId: another },
      { kind: "VOTED", postId: ofAda },
    ]);
    expect(await onlyPost.event()).toMatchObject({ kind: "VOTED", postId: ofAda });
  });

  test("is sent once and in order to more subscribers than one batch, whenever they began", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const early = await Promise.all(Array.from({ length: 6 }, () => connect(api, ada.token)));
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    const query = "subscription { postEvents { kind } }";
    for (const socket of early) for (const id of ids) socket.subscribe(id, query);
    for (const socket of early) for (const _ of ids) await socket.next();
    const id = await createPost(ada);
    const begin = async () => {
      const subscriber = await follow(api, ada.token);
      expect((await subscriber.event()).kind).toBe("READY");
      return subscriber;
    };
    const [late] = await Promise.all([begin(), votePost(ada, id), unvotePost(ada, id)]);
    await deletePost(ada, id);
    for (const socket of early) {
      const told = new Map<string, string[]>(ids.map((each) => [each, []]));
      while ([...told.values()].some((kinds) => kinds.at(-1) !== "REMOVED")) {
        const message = await socket.next();
        told.get(message.id!)!.push(message.payload.data.postEvents.kind);
      }
      for (const kinds of told.values()) expect(kinds).toEqual(told.get("0"));
      expect(told.get("0")!.filter((kind) => kind !== "VOTED")).toEqual(["ADDED", "REMOVED"]);
    }
    for (let event = await late.event(); event.kind !== "REMOVED"; event = await late.event()) {
      expect(event.kind).not.toBe("ADDED");
    }
    expect(late.rest()).toEqual([]);
  });

  test("is sent by other servers too", async () => {
    const url = await newDatabaseUrl();
    const one = await startApi({ DATABASE_URL: url });
    const two = await startApi({ DATABASE_URL: url });
    const ada = await one.register("Ada");
    const { event } = await follow(two, ada.token);
    await event();
    const id = await createPost(ada);
    two.timer.elapse(50);
    expect(await event()).toMatchObject({ kind: "ADDED", postId: id });
  });
});

describe("a client that comes back", () => {
  test("receives the events that it missed, once and in order, then new ones", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const before = await follow(api, bob.token);
    const { cursor: ready } = await before.event();
    const id = await createPost(ada);
    const { cursor: added } = await before.event();
    before.close();
    await createPost(ada, { published: false });
    await updatePost(ada, { id, title: "New" });
    await votePost(bob, id);

    const after = await follow(api, bob.token, { after: added });
    expect(await after.events(2)).toMatchObject([
      { kind: "CHANGED", postId: id },
      { kind: "VOTED", postId: id },
    ]);
    await deletePost(ada, id);
    expect(await after.event()).toMatchObject({ kind: "REMOVED", postId: id });

    const all = await follow(api, bob.token, { after: ready });
    // What it is told of the post is what can be seen now: nothing.
    expect((await all.events(4)).map(({ kind }) => kind)).toEqual(["ADDED", "CHANGED", "VOTED", "REMOVED"]);
  });

  test("receives a post's publication before later changes, though nobody listened at the time", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const before = await follow(api, bob.token);
    const { cursor } = await before.event();
    before.close();
    await before.closed;
    const publishAt = new Date(api.clock().getTime() + 60_000);
    const id = await createPost(ada, { publishAt: publishAt.toISOString() });
    api.clock.advance(61_000);
    await votePost(ada, id);
    await updatePost(ada, { id, title: "New" });
    const { events } = await follow(api, bob.token, { after: cursor, fields: "postId occurredAt" });
    const since = { cursor: aCursor, postId: id, occurredAt: api.clock().toISOString() };
    expect(await events(3)).toEqual([
      { ...since, kind: "ADDED", occurredAt: publishAt.toISOString() },
      { ...since, kind: "VOTED" },
      { ...since, kind: "CHANGED" },
    ]);
  });

  test("sees nothing of a post that is a draft again, but its author does", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const cursors = await Promise.all(
      [ada, bob].map(async ({ token }) => {
        const before = await follow(api, token);
        const { cursor } = await before.event();
        before.close();
        return cursor;
      }),
    );
    const id = await createPost(ada);
    await updatePost(ada, { id, title: "Not for others", published: false });
    const [ofAda, ofBob] = await Promise.all(
      [ada, bob].map(async ({ token }, index) => {
        const { events } = await follow(api, token, { after: cursors[index], fields: "postId post { title }" });
        return events(2);
      }),
    );
    const post = { title: "Not for others" };
    expect(ofAda).toEqual([
      { kind: "ADDED", cursor: aCursor, postId: id, post },
      { kind: "CHANGED", cursor: aCursor, postId: id, post },
    ]);
    expect(ofBob).toEqual([
      { kind: "ADDED", cursor: aCursor, postId: id, post: null },
      { kind: "REMOVED", cursor: aCursor, postId: id, post: null },
    ]);
  });

  test.each([
    { of: "longer than events are kept", seconds: 86_400, doublings: 0 },
    { of: "for more events than are sent again", seconds: 0, doublings: 10 },
  ])("receives RESET if it was away $of", async ({ seconds, doublings }) => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const before = await follow(api, bob.token);
    const { cursor } = await before.event();
    before.close();
    const id = await createPost(ada);
    for (let doubled = 0; doubled < doublings; doubled += 1)
      await rows(
        api.server.database,
        `insert into events (change, at, post_id, author_id, published_before, published_after)
          select 'voted', at, post_id, author_id, published_after, published_after from events where post_id = ?`,
        [id],
      );
    api.clock.advance(seconds * 1000);
    const { body } = await api.send("mutation ($i: LoginInput!) { login(input: $i) { accessToken } }", {
      variables: { i: { email: bob.email, password: bob.password } },
    });
    const { event } = await follow(api, body.data.login.accessToken, { after: cursor, fields: "postId post { id }" });
    const reset = await event();
    expect(reset).toEqual({ kind: "RESET", cursor: aCursor, postId: null, post: null });
    await deletePost(
      { send: (query, options) => api.send(query, { ...options, token: body.data.login.accessToken }) },
      id,
    );
    await createPost({ send: (query, options) => api.send(query, { ...options, token: body.data.login.accessToken }) });
    expect(await event()).toMatchObject({ kind: "ADDED", postId: anId });
  });

  test("receives RESET if its cursor's key is gone", async () => {
    const url = await newDatabaseUrl();
    const old = await startApi({ DATABASE_URL: url, JWT_SECRET: "an old secret of thirty-two bytes" });
    const { cursor } = await (await follow(old, (await old.register("Ada")).token)).event();
    const api = await startApi({ DATABASE_URL: url });
    const { event } = await follow(api, (await api.register("Bob")).token, { after: cursor });
    expect(await event()).toMatchObject({ kind: "RESET" });
  });

  test("receives RESET if its cursor is of another log", async () => {
    const old = await startApi();
    const [bob, ada] = [await old.register("Bob"), await old.register("Ada")];
    for (let post = 0; post < 3; post += 1) await createPost(ada);
    const { cursor } = await (await follow(old, bob.token)).event();
    // As many events or fewer, a restored database has gone back behind it.
    for (const posts of [2, 4]) {
      const api = await startApi();
      api.clock.advance(120_000);
      const cat = await api.register("Cat");
      for (let post = 0; post < posts; post += 1) await createPost(cat);
      const { event } = await follow(api, cat.token, { after: cursor });
      expect(await event()).toMatchObject({ kind: "RESET" });
    }
  });

  test("receives RESET if its cursor is not a cursor", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const socket = await connect(api, ada.token);
    socket.subscribe("1", `subscription { postEvents(after: "x") { kind } }`);
    expect(await socket.next()).toMatchObject({
      type: "error",
      id: "1",
      payload: [{ message: "after: must be the cursor of an event", extensions: { code: "BAD_USER_INPUT" } }],
    });
  });
});

describe("a socket", () => {
  test("answers queries and mutations, each at an instant of its own", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const socket = await connect(api, ada.token);
    expect(socket.ack).toEqual({
      expiresAt: ada.expiresAt.toISOString(),
      expiresIn: 1799,
      serverTime: api.clock().toISOString(),
    });
    socket.subscribe("a", "{ me { name } }");
    expect([await socket.next(), await socket.next()]).toEqual([
      { type: "next", id: "a", payload: { data: { me: { name: "Ada" } } } },
      { type: "complete", id: "a" },
    ]);
    api.clock.advance(1000);
    socket.subscribe("b", `mutation { createPost(input: { title: "T", content: "C" }) { post { createdAt } } }`);
    expect(await socket.next()).toEqual({
      type: "next",
      id: "b",
      payload: { data: { createPost: { post: { createdAt: api.clock().toISOString() } } } },
    });
  });

  test("answers an invalid operation as HTTP does", async () => {
    const api = await startApi();
    const socket = await connect(api, (await api.register()).token);
    for (const query of ["{", "{ nothing }", "subscription { a: postEvents { kind } b: postEvents { kind } }"]) {
      socket.subscribe("1", query);
      const { type, payload } = await socket.next();
      expect({ type, errors: payload }).toEqual({ type: "error", errors: (await api.send(query)).body.errors });
    }
  });

  test("sends no event after its token has expired, even if the timer is late", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const { event, next, closed } = await follow(api, ada.token);
    await event();
    api.clock.set(ada.expiresAt);
    await createPost(await api.register("Bob"));
    expect(await next()).toMatchObject({
      type: "ping",
      payload: { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
    });
    expect(await closed).toEqual({ code: 4403, reason: "TOKEN_EXPIRED" });
  });

  test("ends a subscription that its client completes", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const { event, send, subscribe, next } = await follow(api, ada.token);
    await event();
    send({ type: "complete", id: "1" });
    await createPost(ada);
    subscribe("2", "{ __typename }");
    expect(await next()).toMatchObject({ type: "next", id: "2" });
  });

  test("uses the credential of its request's header if the first message has none", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const authorization = `Bearer ${ada.token}`;
    for (const payload of [undefined, {}, { authorization }]) {
      const socket = await openSocket(api, { headers: { authorization } });
      socket.send({ type: "connection_init", ...(payload && { payload }) });
      expect((await socket.next()).payload.expiresAt).toBe(ada.expiresAt.toISOString());
    }
  });
});

describe.each([
  ["an event stream", eventStream],
  ["parts", multipart],
])("as %s", (_, accept) => {
  const payloadOf = (answer: any) => (accept === eventStream ? answer : answer.payload);

  test("events follow each other in one response", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const { status, headers, next } = await openStream(api, "subscription { postEvents { kind post { title } } }", {
      accept,
      authorization: [`Bearer ${bob.token}`],
    });
    expect({ status, cache: headers["cache-control"] }).toEqual({ status: 200, cache: "private, no-store" });
    expect(payloadOf(await next())).toEqual({ data: { postEvents: { kind: "READY", post: null } } });
    await createPost(ada);
    expect(payloadOf(await next())).toEqual({ data: { postEvents: { kind: "ADDED", post: { title: "Title" } } } });
  });

  test("no event follows after the token has expired, even if the timer is late", async () => {
    const api = await startApi();
    const ada = await api.register("Ada");
    const { next } = await openStream(api, "subscription { postEvents { kind } }", {
      accept,
      authorization: [`Bearer ${ada.token}`],
    });
    await next();
    api.clock.set(ada.expiresAt);
    await createPost(await api.register("Bob"));
    expect(await next()).toMatchObject({ errors: [{ extensions: { reason: "TOKEN_EXPIRED" } }] });
    expect(await next()).toBeUndefined();
  });

  test("a subscription that can't begin is answered as any request is", async () => {
    const api = await startApi();
    const query = `subscription { postEvents(after: "x") { kind } }`;
    const refused = await api.send(query, { headers: { accept } });
    expect(refused.status).toBe(401);
    expect(refused.body.errors![0]!.extensions).toMatchObject({ reason: "TOKEN_MISSING" });
    const ada = await api.register("Ada");
    const wrong = await ada.send(query, { headers: { accept } });
    expect(wrong.body.errors![0]!.extensions["code"]).toBe("BAD_USER_INPUT");
  });

  test("a closed stream no longer counts against the limit", async () => {
    const api = await startApi({ MAX_SOCKETS_OF_USER: "1" });
    const ada = await api.register("Ada");
    const open = () =>
      openStream(api, "subscription { postEvents { kind } }", { accept, authorization: [`Bearer ${ada.token}`] });
    const first = await open();
    await first.next();
    const refused = await open();
    expect(refused.status).toBe(503);
    first.request.destroy();
    await expect.poll(async () => (await open()).status).toBe(200);
  });
});

test("a query is answered as an event stream if the client accepts nothing else", async () => {
  const api = await startApi();
  const { next } = await openStream(api, "{ __typename }");
  expect(await next()).toEqual({ data: { __typename: "Query" } });
  expect(await next()).toBe("complete");
});

test("a subscription by a plain POST is refused, with what to accept instead", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  for (const accept of ["application/json", "application/graphql-response+json", "*/*"]) {
    const { status, body } = await ada.send("subscription { postEvents { kind } }", { headers: { accept } });
    expect({ status, code: body.errors![0]!.extensions.code }).toEqual({ status: 406, code: "NOT_ACCEPTABLE" });
    expect(body.errors![0]!.message).toMatch(/text\/event-stream .* multipart\/mixed;subscriptionSpec=1\.0/);
  }
});
