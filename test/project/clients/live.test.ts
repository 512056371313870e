import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { ApolloClient, gql, InMemoryCache } from "@apollo/client/core";
import { Client as UrqlClient } from "@urql/core";
import type { Client } from "graphql-ws";
import { createClient as createSseClient } from "graphql-sse";
import { Observable, requestSubscription, type GraphQLResponse } from "relay-runtime";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { createEnvironment } from "../../../docs/clients/relay.js";
import { createLiveClient, type LiveOptions } from "../../../src/client/live.js";
import { sessionLink } from "../../../src/client/apollo.js";
import { createSession, type Session } from "../../../src/client/session.js";
import { sessionOptions } from "../../../src/client/urql.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { testNetwork, type ClientOptions, type Tokens } from "../../support/client-scenarios.js";
import { newDatabaseUrl } from "../../support/database.js";
import { inbox } from "../../support/live.js";
import { createPost } from "../../support/posts.js";
import { compiledByRelay } from "../../support/relay.js";

const minutes = 60_000;

const livePosts = `subscription AppLivePostsSubscription($after: String) {
  postEvents(after: $after) { kind cursor postId }
}`;
const artifact = compiledByRelay([livePosts]);

type Sink = { readonly next: (data: any) => void; readonly error: (error: any) => void };
/** A client of the documentation, with what its page adds for live posts. */
type Application = {
  readonly signIn: (tokens: Tokens) => void;
  readonly subscribe: (sink: Sink) => void;
};
type MakeLive = (session: Session) => Client;

const applications: Record<string, (options: ClientOptions, makeLive: MakeLive) => Application> = {
  "Apollo Client"(options, makeLive) {
    const session = createSession(options);
    const client = new ApolloClient({ cache: new InMemoryCache(), link: sessionLink(session, makeLive(session)) });
    return {
      signIn: session.signIn,
      subscribe: ({ next, error }) =>
        client
          .subscribe({ query: gql(livePosts) })
          .subscribe({ next: (result) => (result.error ? error(result.error) : next(result.data)), error }),
    };
  },
  urql(options, makeLive) {
    const session = createSession(options);
    const client = new UrqlClient(sessionOptions(session, makeLive(session)));
    return {
      signIn: session.signIn,
      subscribe: ({ next, error }) =>
        client
          .subscription(livePosts, {})
          .subscribe((result) => (result.error ? error(result.error) : next(result.data))),
    };
  },
  Relay(options, makeLive) {
    const { environment, session } = createEnvironment({
      ...options,
      subscribe: ({ text, name }, variables) =>
        Observable.create<GraphQLResponse>((sink) =>
          live.subscribe({ query: text!, operationName: name, variables }, sink as never),
        ),
    });
    const live = makeLive(session);
    return {
      signIn: session.signIn,
      subscribe: ({ next, error }) =>
        void artifact("AppLivePostsSubscription").then((subscription) =>
          requestSubscription(environment, { subscription, variables: {}, onNext: next, onError: error }),
        ),
    };
  },
};

// It may be about to connect to a server that has stopped.
const dispose = async (live: Client): Promise<void> => Promise.resolve(live.dispose()).catch(() => {});

/** An application that is signed in and follows posts, whose time and network a test has in its hands. */
async function follow(
  api: Api,
  makeApplication: (typeof applications)[string],
  { tokens, now = () => api.clock().getTime() }: { tokens: Tokens; now?: () => number },
) {
  const network = testNetwork();
  const onSignedOut = vi.fn<() => void>();
  const { add, next, rest } = inbox<any>();
  const errors: any[] = [];
  const closes = inbox<{ code: number; reason: string }>();
  const timers = inbox<{ milliseconds: number; run: () => void }>();
  let mayCome = Promise.resolve();
  let sockets = 0;

  const application = makeApplication({ url: api.url, onSignedOut, fetch: network.fetch, now }, (session) => {
    const live = createLiveClient({
      session,
      webSocketImpl: WebSocket,
      retryWait: () => mayCome,
      keepAlive: 0,
      later: (run, milliseconds) => timers.add({ run, milliseconds }),
    });
    onTestFinished(() => dispose(live));
    live.on("connecting", () => (sockets += 1));
    live.on("closed", ({ code, reason }: any) => closes.add({ code, reason: String(reason) }));
    return live;
  });
  application.signIn(tokens);
  application.subscribe({ next: (data) => add(data.postEvents), error: (error) => errors.push(error) });
  expect(await next()).toMatchObject({ kind: "READY" });
  return {
    network,
    onSignedOut,
    errors,
    next,
    rest,
    closed: closes.next,
    timer: timers.next,
    sockets: () => sockets,
    /** Lets it connect no more until what this gives back is called. */
    keepAway() {
      let letCome = () => {};
      mayCome = new Promise((resolve) => (letCome = resolve));
      return letCome;
    },
  };
}

const tokensOf = ({ token, refreshToken }: { token: string; refreshToken: string }): Tokens => ({
  accessToken: token,
  refreshToken,
  expiresIn: 1799,
});

/** Somebody writes a post, who has come for that. */
const post = async (api: Api): Promise<string> => createPost(await api.register());

/** Lets the half hour of a token pass. */
function expire(api: Api): void {
  api.clock.advance(30 * minutes);
  api.timer.elapse(1000);
}

const expired = { code: 4403, reason: "TOKEN_EXPIRED" };

describe.each(Object.entries(applications))("live posts of %s", (_, makeApplication) => {
  test("go on while three tokens expire, with one refresh each, and nothing is missed or repeated", async () => {
    const api = await startApi();
    // A machine whose clock stands still knows of an end from the server alone.
    const asleep = api.clock().getTime();
    const ada = await follow(api, makeApplication, {
      tokens: tokensOf(await api.register("Ada")),
      now: () => asleep,
    });
    const written: string[] = [];
    const seen: string[] = [];
    for (const round of [1, 2, 3]) {
      written.push(await post(api));
      seen.push((await ada.next()).postId);
      const letCome = ada.keepAway();
      expire(api);
      expect(await ada.closed()).toEqual(expired);
      written.push(await post(api), await post(api));
      letCome();
      seen.push((await ada.next()).postId, (await ada.next()).postId);
      expect(ada.network.refreshes()).toBe(round);
    }
    written.push(await post(api));
    seen.push((await ada.next()).postId);
    expect(seen).toEqual(written);
    expect(ada.rest()).toEqual([]);
    expect(ada.errors).toEqual([]);
    expect(ada.sockets()).toBe(4);
  });

  test("go on in two tabs of one session, which refresh at once", async () => {
    const api = await startApi();
    const tokens = tokensOf(await api.register("Ada"));
    const tabs = await Promise.all([1, 2].map(() => follow(api, makeApplication, { tokens })));
    for (const round of [1, 2, 3]) {
      expire(api);
      const written = await post(api);
      for (const tab of tabs) {
        expect(await tab.next()).toMatchObject({ kind: "ADDED", postId: written });
        expect(tab.network.refreshes()).toBe(round);
      }
    }
    for (const tab of tabs) {
      expect(tab.rest()).toEqual([]);
      expect(tab.onSignedOut).not.toHaveBeenCalled();
    }
  });

  test("end once when their session is ended elsewhere, and aren't tried again", async () => {
    const api = await startApi();
    const account = await api.register("Ada");
    const ada = await follow(api, makeApplication, { tokens: tokensOf(account) });
    await account.send("mutation { logoutEverywhere { endedSessions } }");
    expect(await ada.closed()).toEqual({ code: 4403, reason: "SESSION_REVOKED" });
    await expect.poll(() => ada.onSignedOut.mock.calls.length).toBe(1);
    expect(ada.errors).toHaveLength(1);
    expect(ada.network.refreshes()).toBe(1);
    expect(ada.sockets()).toBe(1);
  });

  test("go on after the server was restarted, and miss nothing", async () => {
    const url = await newDatabaseUrl();
    const before = await startApi({ DATABASE_URL: url });
    const ada = await follow(before, makeApplication, { tokens: tokensOf(await before.register("Ada")) });
    const first = await post(before);
    expect(await ada.next()).toMatchObject({ postId: first });

    const letTry = ada.keepAway();
    await before.server.stop();
    expect(await ada.closed()).toEqual({ code: 1012, reason: "The server stops" });
    const letCome = ada.keepAway();
    letTry();
    // Nobody is there.
    expect(await ada.closed()).toMatchObject({ code: 1006 });
    const after = await startApi({ DATABASE_URL: url, PORT: new URL(before.url).port });
    const bob = await after.register("Bob");
    const second = await createPost(bob);
    letCome();
    expect(await ada.next()).toMatchObject({ kind: "ADDED", postId: second });
    const third = await createPost(bob);
    expect(await ada.next()).toMatchObject({ kind: "ADDED", postId: third });
    expect(ada.errors).toEqual([]);
    expect(ada.network.refreshes()).toBe(0);
  });

  test("stay on one socket over three lives of a token, each renewed before its end", async () => {
    const api = await startApi();
    const ada = await follow(api, makeApplication, { tokens: tokensOf(await api.register("Ada")) });
    for (const round of [1, 2, 3]) {
      const { milliseconds, run } = await ada.timer();
      expect(milliseconds).toBe(1789_000);
      api.clock.advance(milliseconds);
      run();
      await expect.poll(() => ada.network.refreshes()).toBe(round);
    }
    // The last answer has come, so the server knows the last token.
    await ada.timer();
    api.clock.advance(1789_000);
    api.timer.elapse(1000);
    const written = await post(api);
    expect(await ada.next()).toMatchObject({ kind: "ADDED", postId: written });
    expect(ada.sockets()).toBe(1);
    expire(api);
    expect(await ada.closed()).toEqual(expired);
  });
});

/** Sockets without any application, which share what keeps a session, as it does for queries. */
async function openLive(api: Pick<Api, "url">, account: Account, options: Partial<LiveOptions> = {}) {
  const network = testNetwork();
  const onSignedOut = vi.fn<() => void>();
  // A machine whose clock stands still.
  const session = createSession({ url: api.url, onSignedOut, fetch: network.fetch, now: () => 0 });
  await session.signIn(tokensOf(account));
  const open = () => {
    const live = createLiveClient({
      session,
      webSocketImpl: WebSocket,
      retryWait: async () => {},
      keepAlive: 0,
      later: () => {},
      ...options,
    });
    onTestFinished(() => dispose(live));
    return { live, events: live.iterate<any>({ query: livePosts }) };
  };
  const nextOf = async (events: ReturnType<typeof open>["events"]) => (await events.next()).value.data.postEvents;
  return { network, onSignedOut, signIn: session.signIn, open, nextOf };
}

test("several sockets of one session share each refresh", async () => {
  const api = await startApi();
  const { network, open, nextOf } = await openLive(api, await api.register("Ada"));
  const all = [open(), open(), open()];
  for (const { events } of all) expect(await nextOf(events)).toMatchObject({ kind: "READY" });
  expire(api);
  const written = await post(api);
  for (const { events } of all) expect(await nextOf(events)).toMatchObject({ kind: "ADDED", postId: written });
  expect(network.refreshes()).toBe(1);
});

test("a refresh that doesn't arrive is tried again", async () => {
  const api = await startApi();
  let mayTry = async () => {};
  const { network, open, nextOf } = await openLive(api, await api.register("Ada"), { retryWait: () => mayTry() });
  const { live, events } = open();
  await nextOf(events);
  let isLost = false;
  network.onAnswer(async (request, response) => {
    if (isLost || !network.isRefresh(request)) return response;
    isLost = true;
    // The socket that it was for is closed by its client, before another is opened.
    mayTry = () => new Promise((resolve) => live.on("closed", () => resolve()));
    throw new TypeError("fetch failed");
  });
  expire(api);
  const written = await post(api);
  expect(await nextOf(events)).toMatchObject({ kind: "ADDED", postId: written });
  expect(network.refreshes()).toBe(2);
});

test("a token whose key has gone is refreshed; one that is refused again isn't", async () => {
  const url = await newDatabaseUrl();
  const secrets = ["the first of two secrets for tests", "the second of two secrets for tests"];
  const before = await startApi({ DATABASE_URL: url, JWT_SECRET: secrets[0]! });
  const ada = await before.register("Ada");
  const after = await startApi({ DATABASE_URL: url, JWT_SECRET: secrets[1]! });
  const { network, open, nextOf, signIn, onSignedOut } = await openLive(after, ada);
  expect(await nextOf(open().events)).toMatchObject({ kind: "READY" });
  expect(network.refreshes()).toBe(1);

  const wrong = { data: { refreshSession: { accessToken: "wrong", refreshToken: "wrong", expiresIn: 1799 } } };
  let answered = 0;
  network.onAnswer(async (_request, response) => {
    await response.text();
    answered += 1;
    return Response.json(wrong);
  });
  await signIn(tokensOf(ada));
  await expect(open().events.next()).rejects.toMatchObject({ code: 4403, reason: "TOKEN_INVALID" });
  // Once for the next try, and once to find out whether the session has ended.
  await expect.poll(() => answered).toBe(2);
  expect(network.refreshes()).toBe(3);
  expect(onSignedOut).not.toHaveBeenCalled();
});

test("where reads are public, the subscriptions of a session that has ended don't go on without it", async () => {
  const api = await startApi({ PUBLIC_READS: "true" });
  const { open, nextOf, signIn, onSignedOut } = await openLive(api, await api.register("Ada"));
  const { live, events } = open();
  await nextOf(events);
  api.clock.advance("31d");
  api.timer.elapse(1000);
  await expect(events.next()).rejects.toThrow("The session has ended");
  expect(onSignedOut.mock.calls).toEqual([["EXPIRED"]]);

  await signIn(tokensOf(await api.register("Bob")));
  expect(await nextOf(live.iterate({ query: livePosts }))).toMatchObject({ kind: "READY" });
});

test("after the end of a session, subscriptions use the next one", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const { open, nextOf, signIn, onSignedOut } = await openLive(api, ada);
  const { live, events } = open();
  await nextOf(events);
  await ada.send('mutation { deleteAccount(input: { currentPassword: "password of Ada" }) { deletedUserId } }');
  await expect(events.next()).rejects.toMatchObject({ code: 4403, reason: "USER_GONE" });
  await expect.poll(() => onSignedOut.mock.calls.length).toBe(1);
  const signedOut = live.iterate({ query: livePosts }).next();
  await expect(signedOut).rejects.toMatchObject([{ extensions: { reason: "TOKEN_MISSING" } }]);

  await signIn(tokensOf(await api.register("Bob")));
  live.terminate();
  expect(await nextOf(live.iterate<any>({ query: livePosts }))).toMatchObject({ kind: "READY" });
});

test("an operation that is refused on an open socket reports the end of its session", async () => {
  const url = await newDatabaseUrl();
  const [one, two] = [await startApi({ DATABASE_URL: url }), await startApi({ DATABASE_URL: url })];
  const ada = await one.register("Ada");
  const { open, nextOf, onSignedOut } = await openLive(one, ada);
  const { live, events } = open();
  await nextOf(events);
  // By a server whose log the other hasn't looked at since.
  await two.send("mutation { logoutEverywhere { endedSessions } }", { token: ada.token });
  await expect(live.iterate({ query: livePosts }).next()).rejects.toMatchObject([
    { extensions: { code: "UNAUTHENTICATED", reason: "SESSION_REVOKED" } },
  ]);
  await expect.poll(() => onSignedOut.mock.calls).toEqual([["SESSION_REVOKED"]]);
});

test("a lost network is noticed, and another socket opened", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "graphql-transport-ws" });
  onTestFinished(() => server.close());
  let sockets = 0;
  server.on("connection", (socket) => {
    sockets += 1;
    // It accepts the connection, then never sends anything again.
    socket.once("message", () => socket.send(`{"type":"connection_ack"}`));
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const live = createLiveClient({
    url: `ws://127.0.0.1:${port}`,
    session: { token: async () => undefined },
    webSocketImpl: WebSocket,
    retryWait: async () => {},
    keepAlive: 1,
    later: (run, milliseconds) => {
      expect(milliseconds).toBe(5000);
      run();
    },
  });
  onTestFinished(() => {
    void dispose(live);
    for (const socket of server.clients) socket.terminate();
  });
  live.subscribe({ query: livePosts }, { next() {}, error() {}, complete() {} });
  await expect.poll(() => sockets).toBeGreaterThan(1);
});

test("graphql-sse goes on with the next token after one has expired, from its last event", async () => {
  const api = await startApi();
  const { token, signIn } = createSession({ url: api.url, now: () => api.clock().getTime() });
  await signIn(tokensOf(await api.register("Ada")));
  let cursor: string | undefined;
  const client = createSseClient({
    url: api.url,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retry: async () => {},
  });
  onTestFinished(() => client.dispose());
  const { add, next } = inbox<any>();
  const variables = {
    get after() {
      return cursor;
    },
  };
  client.subscribe<any>(
    { query: livePosts, variables },
    {
      next(answer) {
        cursor = answer.data?.postEvents.cursor ?? cursor;
        add(answer);
      },
      error: add,
      complete: () => add("complete"),
    },
  );
  expect(await next()).toMatchObject({ data: { postEvents: { kind: "READY" } } });
  const first = await post(api);
  expect(await next()).toMatchObject({ data: { postEvents: { kind: "ADDED", postId: first } } });
  expire(api);
  expect(await next()).toMatchObject({ errors: [{ extensions: { reason: "TOKEN_EXPIRED" } }] });
  const second = await post(api);
  expect(await next()).toMatchObject({ data: { postEvents: { kind: "ADDED", postId: second } } });
});
