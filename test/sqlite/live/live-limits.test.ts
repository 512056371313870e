import { describe, expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { exchange } from "../../support/exchange.js";
import {
  connect,
  follow,
  multipart,
  eventStream,
  openSocket,
  openStream,
  type TestSocket,
} from "../../support/live.js";
import { createPost, votePost, unvotePost } from "../../support/posts.js";
import { frame, handshake, opcode, rawClient, rawSocket } from "../../support/raw-socket.js";

const subscription = "subscription { postEvents { kind } }";

/** A ping, among the bytes of a connection. */
const heartbeat = new RegExp(String.raw`\x89\x00`);
/** A close frame with this code. */
const closing = (code: number) =>
  new RegExp(
    `\\x88[\\s\\S]\\x${(code >> 8).toString(16).padStart(2, "0")}\\x${(code & 255).toString(16).padStart(2, "0")}`,
  );

/** The status line and the code of an answer to what did not become a socket. */
async function refusal(api: Api, bytes: string) {
  const { until, head } = await rawSocket(api, bytes);
  const text = await until(/\}$/);
  return { status: Number((await head()).split(" ")[1]), code: /"code":"(\w+)"/.exec(text)?.[1] };
}

const statusOf = async (api: Api, bytes: string) => {
  const client = await rawSocket(api, bytes);
  const status = Number((await client.head()).split(" ")[1]);
  client.socket.destroy();
  return status;
};

/** Asks whether the server still lives, and for everybody. */
const isWell = async (api: Api) => (await api.send("{ __typename }")).status === 200;

describe("a handshake", () => {
  test("is refused while there are as many sockets and streams as allowed", async () => {
    const api = await startApi({ MAX_SOCKETS: "2" });
    const ada = await api.register();
    const first = await connect(api, ada.token);
    const stream = await openStream(api, subscription, { authorization: [`Bearer ${ada.token}`] });
    await stream.next();
    expect(await refusal(api, handshake())).toEqual({ status: 503, code: "SERVICE_UNAVAILABLE" });
    const refused = await openStream(api, subscription, { authorization: [`Bearer ${ada.token}`] });
    expect({ status: refused.status, retry: refused.headers["retry-after"] }).toEqual({ status: 503, retry: "1" });
    first.close();
    await first.closed;
    await expect.poll(() => statusOf(api, handshake())).toBe(101);
  });

  test.each([
    { from: "no page", settings: {}, origin: undefined, status: 101 },
    { from: "the server's own origin", settings: {}, origin: "https://postern.test", status: 101 },
    { from: "its own host on another port", settings: {}, origin: "https://postern.test:8443", status: 403 },
    { from: "this machine, outside production", settings: {}, origin: "http://localhost:5173", status: 101 },
    { from: "another origin", settings: {}, origin: "https://evil.test", status: 403 },
    { from: "one that begins alike", settings: {}, origin: "https://postern.test.evil.test", status: 403 },
    { from: "a page without an origin", settings: {}, origin: "null", status: 403 },
    {
      from: "one that may call",
      settings: { CORS_ORIGINS: "https://app.test" },
      origin: "https://app.test",
      status: 101,
    },
    {
      from: "one that may call, but for its scheme",
      settings: { CORS_ORIGINS: "https://app.test" },
      origin: "http://app.test",
      status: 403,
    },
    { from: "any, where all may call", settings: { CORS_ORIGINS: "*" }, origin: "https://evil.test", status: 101 },
  ])("from $from is answered $status", async ({ settings, origin, status }) => {
    const api = await startApi(settings);
    expect(await statusOf(api, handshake({}, { origin }))).toBe(status);
    if (status === 403) expect(await refusal(api, handshake({}, { origin }))).toEqual({ status, code: "FORBIDDEN" });
  });

  test.each([
    { host: "postern.test:443", origin: "https://postern.test", status: 101 },
    { host: "postern.test:80", origin: "http://postern.test", status: 101 },
    { host: "POSTERN.test:8443", origin: "https://postern.test:8443", status: 101 },
    { host: "postern.test:80", origin: "https://postern.test", status: 403 },
    { host: "postern.test", origin: "https://postern.test:8443", status: 403 },
    { host: "@evil.test", origin: "https://postern.test", status: 403 },
  ])("to $host from a page of $origin is answered $status", async ({ host, origin, status }) => {
    expect(await statusOf(await startApi(), handshake({}, { host, origin }))).toBe(status);
  });

  test("behind a proxy that rewrites the host is compared with the forwarded one", async () => {
    const headers = { host: "127.0.0.1:4000", "x-forwarded-host": "postern.test", origin: "https://postern.test" };
    expect(await statusOf(await startApi({ TRUST_PROXY: "loopback" }), handshake({}, headers))).toBe(101);
    expect(await statusOf(await startApi(), handshake({}, headers))).toBe(403);
  });

  test("takes no places from others, however many one address sends before signing in", async () => {
    const api = await startApi({ MAX_SOCKETS_OF_USER: "1", MAX_SOCKETS: "100", TRUST_PROXY: "loopback" });
    const from = (address: string) => handshake({}, { "x-forwarded-for": address });
    const silent = await Promise.all(Array.from({ length: 4 }, () => rawSocket(api, from("203.0.113.7"))));
    for (const client of silent) expect(await client.head()).toMatch(/^HTTP\/1.1 101/);
    expect(await refusal(api, from("203.0.113.7"))).toEqual({ status: 503, code: "SERVICE_UNAVAILABLE" });
    expect(await statusOf(api, from("203.0.113.8"))).toBe(101);

    const [first] = silent;
    first!.send({ type: "connection_init", payload: { authorization: `Bearer ${(await api.register()).token}` } });
    await first!.until(/connection_ack/);
    expect(await statusOf(api, from("203.0.113.7"))).toBe(101);
  });

  test.each([undefined, "graphql-ws", "soap, wamp", "GRAPHQL-TRANSPORT-WS"])(
    "that offers the subprotocols %s ends with 4406, whatever follows it",
    async (offered) => {
      const api = await startApi();
      const client = await rawSocket(api, handshake({}, { "sec-websocket-protocol": offered }));
      await client.until(closing(4406));
      expect(await client.head()).not.toMatch(/sec-websocket-protocol/i);
      // Reserved bits that nothing was agreed for: an error of the socket, which somebody has to listen for.
      client.socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]));
      expect(await isWell(api)).toBe(true);
      const stopped = api.server.stop();
      api.timer.elapse(1000);
      await stopped;
    },
  );

  test("that offers several subprotocols is answered with the supported one", async () => {
    const api = await startApi();
    const protocols = { "sec-websocket-protocol": "graphql-ws, graphql-transport-ws, soap" };
    const client = await rawSocket(api, handshake({}, protocols));
    expect(await client.head()).toMatch(/^sec-websocket-protocol: graphql-transport-ws$/im);
  });

  test.each([
    { of: "without a key", headers: { "sec-websocket-key": undefined } },
    { of: "of a version that there is not", headers: { "sec-websocket-version": "7" } },
    { of: "with subprotocols that are none", headers: { "sec-websocket-protocol": "a,,b" } },
  ])("$of is answered 400", async ({ headers }) => {
    expect(await statusOf(await startApi(), handshake({}, headers))).toBe(400);
  });

  test("at another path is answered as any request there", async () => {
    const api = await startApi();
    expect(await refusal(api, handshake({ path: "/other" }))).toEqual({ status: 404, code: "NOT_FOUND" });
    expect(await refusal(api, handshake({ path: `/graphql?${"x".repeat(8000)}` }))).toMatchObject({ status: 414 });
  });

  test("that is refused takes no connection from others, even if its client doesn't hang up", async () => {
    const api = await startApi({ MAX_CONNECTIONS: "3" });
    for (let count = 0; count < 5; count += 1)
      expect(await refusal(api, handshake({ path: "/other" }))).toMatchObject({ status: 404 });
  });

  test("behind a request that is still being answered ends that connection and no other", async () => {
    const api = await startApi();
    const body = JSON.stringify({ query: "{ posts { totalCount } }" });
    const post = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    for (const second of [handshake(), handshake({ path: "/other" })]) {
      const client = await rawSocket(api, post + second);
      await client.ended;
    }
    expect(await isWell(api)).toBe(true);
  });
});

describe("an upgrade to another protocol is ignored", () => {
  test.each(["h2c", "h2c, websocket", "TLS/1.0"])("of %s with a POST", async (upgrade) => {
    const api = await startApi();
    const headers = {
      "content-type": "application/json",
      connection: "Upgrade, HTTP2-Settings",
      upgrade,
      "http2-settings": "AAEA",
    };
    const { status, body } = await exchange(new URL(api.url), {
      headers,
      body: JSON.stringify({ query: "{ __typename }" }),
    });
    expect({ status, body }).toEqual({ status: 200, body: { data: { __typename: "Query" } } });
  });

  test("once for each request of a connection", async () => {
    const api = await startApi();
    const get = handshake({ path: "/graphql?query={__typename}" }, { upgrade: "h2c", connection: "upgrade" });
    const client = await rawSocket(api, get);
    await client.until(/"__typename":"Query"/);
    for (let count = 2; count < 20; count += 1) {
      client.socket.write(get);
      await client.until(new RegExp(`(HTTP/1.1 200[^]*){${count}}"Query"\\}\\}\\s*$`));
    }
    expect(await isWell(api)).toBe(true);
  });

  test("and to WebSocket with the method POST", async () => {
    const api = await startApi();
    const headers = { "content-type": "application/json", connection: "Upgrade", upgrade: "websocket" };
    const answer = await exchange(new URL(api.url), { headers, body: JSON.stringify({ query: "{ __typename }" }) });
    expect(answer.body).toEqual({ data: { __typename: "Query" } });
    expect(await exchange(new URL(api.url), { method: "DELETE", headers })).toMatchObject({ status: 405 });
  });
});

const init = (account: Account) => ({ type: "connection_init", payload: { authorization: `Bearer ${account.token}` } });
const subscribe = (id: string, query = subscription) => ({ type: "subscribe", id, payload: { query } });

const manyFrames = (kind: number) => Buffer.concat(Array.from({ length: 6 }, () => frame(kind, "x".repeat(125))));

describe("a socket is closed", () => {
  type Case = { of: string; code: number; say: (socket: TestSocket, account: Account) => void | Promise<void> };
  const afterInit =
    (say: (socket: TestSocket, account: Account) => void): Case["say"] =>
    async (socket, account) => {
      socket.send(init(account));
      await socket.next();
      say(socket, account);
    };
  test.each<Case>([
    { of: "for what is no JSON", code: 4400, say: ({ send }) => send("{") },
    { of: "for JSON that is no message", code: 4400, say: ({ send }) => send("[]") },
    { of: "for null", code: 4400, say: ({ send }) => send("null") },
    { of: "for an unknown type", code: 4400, say: ({ send }) => send({ type: "start" }) },
    { of: "for a message that only servers send", code: 4400, say: ({ send }) => send({ type: "connection_ack" }) },
    { of: "for a binary frame", code: 4400, say: ({ raw }) => raw.send(Buffer.from('{"type":"ping"}')) },
    {
      of: "for an id that is no text",
      code: 4400,
      say: afterInit(({ send }) => send({ ...subscribe(""), id: 1 } as never)),
    },
    { of: "for an empty id", code: 4400, say: afterInit(({ send }) => send(subscribe(""))) },
    {
      of: "for a subscription without a payload",
      code: 4400,
      say: afterInit(({ send }) => send({ type: "subscribe", id: "1" })),
    },
    { of: "for a subscription before anything else", code: 4401, say: ({ send }) => send(subscribe("1")) },
    {
      of: "for a subscription before the acknowledgement",
      code: 4401,
      say(socket, account) {
        socket.send(init(account));
        socket.send(subscribe("1"));
      },
    },
    { of: "for a second first message", code: 4429, say: afterInit(({ send }, account) => send(init(account))) },
    {
      of: "for a second first message before the acknowledgement",
      code: 4429,
      say(socket, account) {
        socket.send(init(account));
        socket.send(init(account));
      },
    },
    {
      of: "for an id that is in use",
      code: 4409,
      say: afterInit(({ send }) => {
        send(subscribe("1"));
        send(subscribe("1", "{ __typename }"));
      }),
    },
    {
      of: "for a message that is too large",
      code: 1009,
      say: ({ send }) => send({ type: "ping", payload: "x".repeat(65_536) }),
    },
  ])("$of: $code", async ({ code, say }) => {
    const api = await startApi();
    const account = await api.register();
    const socket = await openSocket(api);
    await say(socket, account);
    expect((await socket.closed).code).toBe(code);
    expect(await isWell(api)).toBe(true);
  });

  test.each([
    { of: "reserved bits", code: 1002, bytes: Buffer.from([0xf1, 0x80, 0, 0, 0, 0]) },
    { of: "a frame without a mask", code: 1002, bytes: Buffer.from([0x81, 1, 0x7b]) },
    { of: "text that is no UTF-8", code: 1007, bytes: frame(opcode.text, Buffer.from([0xff])) },
    { of: "pings that nobody sends so often", code: 4429, bytes: manyFrames(opcode.ping) },
    { of: "pongs that nobody sends so often", code: 4429, bytes: manyFrames(opcode.pong) },
  ])("for $of: $code", async ({ code, bytes }) => {
    const api = await startApi({ MAX_MESSAGES_PER_SECOND: "5" });
    const client = await rawSocket(api, handshake());
    await client.head();
    client.socket.write(bytes);
    expect(await client.until(closing(code))).toMatch(closing(code));
    expect(await isWell(api)).toBe(true);
  });

  test("if its first message doesn't come within 10 seconds, and only then", async () => {
    const api = await startApi();
    const ada = await api.register();
    const [silent, pinging, known] = [await openSocket(api), await openSocket(api), await connect(api, ada.token)];
    pinging.send({ type: "ping" });
    expect(await pinging.next()).toEqual({ type: "pong" });
    api.timer.elapse(9_999);
    known.send({ type: "ping" });
    await known.next();
    api.timer.elapse(1);
    for (const { closed } of [silent, pinging]) expect((await closed).code).toBe(4408);
    known.send({ type: "ping" });
    expect(await known.next()).toEqual({ type: "pong" });
  });

  test("at one message a second above the limit", async () => {
    const api = await startApi({ MAX_MESSAGES_PER_SECOND: "5" });
    const socket = await openSocket(api);
    const pings = async (count: number) => {
      for (let sent = 0; sent < count; sent += 1) socket.send({ type: "ping" });
      for (let heard = 0; heard < count; heard += 1) await socket.next();
    };
    await pings(5);
    api.clock.advance(1000);
    await pings(5);
    socket.send({ type: "ping" });
    expect(await socket.closed).toEqual({ code: 4429, reason: "Too many messages in a second" });
  });

  test("above a user's limit, which includes streams", async () => {
    const api = await startApi({ MAX_SOCKETS_OF_USER: "2" });
    const [ada, bob] = [await api.register(), await api.register()];
    const first = await connect(api, ada.token);
    await (await openStream(api, subscription, { authorization: [`Bearer ${ada.token}`] })).next();
    const one = await openSocket(api);
    one.send(init(ada));
    expect((await one.closed).code).toBe(1013);
    const refused = await openStream(api, subscription, { authorization: [`Bearer ${ada.token}`] });
    expect(refused.status).toBe(503);
    await connect(api, bob.token);
    first.close();
    await first.closed;
    await expect
      .poll(async () => {
        const again = await openSocket(api);
        again.send(init(ada));
        return Promise.race([again.next().then(({ type }) => type), again.closed.then(({ code }) => code)]);
      })
      .toBe("connection_ack");
  });

  test("if it doesn't answer a heartbeat until the next one", async () => {
    const api = await startApi();
    const ada = await api.register();
    const answering = await connect(api, ada.token);
    const silent = await rawClient(api, ada.token);
    api.timer.elapse(30_000);
    await silent.until(heartbeat);
    // Its answer to the heartbeat comes before its answer to this.
    answering.send({ type: "ping" });
    await answering.next();
    api.timer.elapse(30_000);
    await silent.ended;
    answering.send({ type: "ping" });
    expect(await answering.next()).toEqual({ type: "pong" });
  });
});

describe("operations of a socket", () => {
  test("are refused one by one while too many are running", async () => {
    const api = await startApi({ MAX_SUBSCRIPTIONS: "2" });
    const socket = await connect(api, (await api.register()).token);
    for (const id of ["1", "2"]) {
      socket.send(subscribe(id));
      expect(await socket.next()).toMatchObject({ id, type: "next" });
    }
    socket.send(subscribe("3"));
    expect(await socket.next()).toMatchObject({
      type: "error",
      id: "3",
      payload: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }],
    });
    socket.send({ type: "complete", id: "1" });
    socket.send(subscribe("3"));
    expect(await socket.next()).toMatchObject({ id: "3", type: "next" });
  });

  test("may reuse the id of one that was completed before it began, and end by themselves", async () => {
    const api = await startApi();
    const ada = await api.register();
    const socket = await connect(api, ada.token);
    for (const message of [subscribe("1"), { type: "complete", id: "1" }, subscribe("1")]) socket.send(message);
    expect(await socket.next()).toMatchObject({ id: "1", payload: { data: { postEvents: { kind: "READY" } } } });
    socket.send({ type: "complete", id: "1" });
    socket.send(subscribe("2"));
    await socket.next();
    await createPost(ada);
    expect(await socket.next()).toMatchObject({ id: "2", payload: { data: { postEvents: { kind: "ADDED" } } } });
    expect(socket.rest()).toEqual([]);
  });

  test("may have any text of at most 128 characters as an id", async () => {
    const api = await startApi();
    const socket = await connect(api, (await api.register()).token);
    for (const id of ["__proto__", '"', "\u2028", "\ud800", "x".repeat(128)]) {
      socket.send(subscribe(id, "{ __typename }"));
      expect([await socket.next(), await socket.next()].map((message) => message.id)).toEqual([id, id]);
    }
    socket.send(subscribe("x".repeat(129), "{ __typename }"));
    expect(await socket.closed).toEqual({ code: 4400, reason: "Invalid message received" });
  });

  test("begin and end in the order of their messages, even if some of these are large", async () => {
    const api = await startApi();
    const ada = await api.register();
    const socket = await connect(api, ada.token);
    // The first message waits for a turn, and the next ones wait for it.
    socket.send(subscribe("ended", `${subscription} # ${"x".repeat(20_000)}`));
    socket.send({ type: "complete", id: "ended" });
    socket.send(subscribe("kept", subscription));
    const next = async (): Promise<{ id: string | undefined; kind: string }> => {
      const { id, payload } = await socket.next();
      return { id, kind: payload.data.postEvents.kind };
    };
    let message = await next();
    // It may have begun before it was ended.
    while (message.id === "ended") message = await next();
    expect(message).toEqual({ id: "kept", kind: "READY" });
    await createPost(ada);
    expect(await next()).toEqual({ id: "kept", kind: "ADDED" });
    expect(socket.rest()).toEqual([]);
  });

  test.each([
    ["a ping of more than 4 KiB", JSON.stringify({ type: "ping", payload: { x: "x".repeat(5000) } })],
    ["65 levels of lists", `{"type":"ping","payload":{"x":${"[".repeat(63)}${"]".repeat(63)}}}`],
    [
      "more than 10,000 values",
      `{"type":"subscribe","id":"1","payload":{"query":"{me{id}}","variables":{"x":[${"1,".repeat(10_000)}1]}}}`,
    ],
  ])("may not come with %s", async (_what, message) => {
    const api = await startApi();
    const socket = await connect(api, (await api.register()).token);
    socket.send(message);
    expect(await socket.closed).toEqual({ code: 4400, reason: "Invalid message received" });
  });
});

const contents = Array.from({ length: 14 }, (_, index) => `c${index}: content`).join(" ");

/** A post, and a query whose answer has 4 MB. */
async function longPost(account: Account) {
  const id = await createPost(account, { content: "€".repeat(100_000) });
  return { id, query: `{ post(id: "${id}") { ${contents} } }` };
}

// Large answers take their time on a busy machine.
const patient = { timeout: 20_000 };

const lines = (api: Api, message: string) => api.logged().filter(({ msg }) => msg === message).length;
async function hasClosed(api: Api): Promise<boolean> {
  await expect.poll(() => lines(api, "socket closed"), patient).toBe(1);
  return true;
}

/** Opens two subscriptions to the same post; one client stops reading. */
async function slowBesideFast() {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const { id, query } = await longPost(ada);
  const [slow, fast] = [await follow(api, ada.token), await follow(api, bob.token)];
  await Promise.all([slow.event(), fast.event()]);
  await stopReading(api, slow, query);
  return { api, ada, bob, id, slow, fast };
}

/** Lets a socket read no more, and ask for more than the network holds between two processes. */
async function stopReading(api: Api, socket: TestSocket, query: string): Promise<void> {
  const before = lines(api, "socket operation");
  socket.raw.pause();
  for (const id of ["a", "b", "c"]) socket.send(subscribe(id, query));
  await expect.poll(() => lines(api, "socket operation"), patient).toBe(before + 3);
}

const votes = async (account: Account, id: string, count: number) => {
  for (let vote = 0; vote < count; vote += 1) await (vote % 2 === 0 ? votePost : unvotePost)(account, id);
};

describe("a client that doesn't read", () => {
  test("is disconnected at 100 waiting events, and nobody else waits for it", async () => {
    const { api, ada, bob, id, slow, fast } = await slowBesideFast();
    await votes(bob, id, 101);
    expect(await fast.events(101)).toHaveLength(101);
    // Who doesn't close is closed.
    api.timer.elapse(1000);
    expect(await hasClosed(api)).toBe(true);
    slow.raw.resume();
    expect((await slow.closed).code).toBe(1006);
    await votes(ada, id, 1);
    await fast.event();
  });

  test("receives the reason if it reads after all", async () => {
    const { bob, id, slow, fast } = await slowBesideFast();
    await votes(bob, id, 101);
    await fast.events(101);
    slow.raw.resume();
    expect(await slow.closed).toEqual({ code: 1013, reason: "Too slow: go on from the last cursor" });
    expect(slow.rest().filter((message) => message.id === "1")).toHaveLength(100);
  });

  test("is disconnected when its token expires, and waiting events are dropped", async () => {
    const { api, ada, slow, fast } = await slowBesideFast();
    api.clock.set(ada.expiresAt);
    api.timer.elapse(1000);
    // Nobody waits for the close of one that would first have to read.
    await expect.poll(() => lines(api, "socket closed"), patient).toBe(2);
    slow.raw.resume();
    expect((await slow.closed).code).toBe(1006);
    expect(await fast.closed).toEqual({ code: 4403, reason: "TOKEN_EXPIRED" });
    expect(slow.rest().some(({ type }) => type === "ping")).toBe(false);
  });

  test("is disconnected at 1 MiB of waiting events", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register(), await api.register()];
    const { id } = await longPost(ada);
    const slow = await follow(api, bob.token, { fields: `post { ${contents} }` });
    const fast = await follow(api, ada.token);
    await Promise.all([slow.event(), fast.event()]);
    slow.raw.pause();
    await expect
      .poll(async () => {
        await votes(bob, id, 2);
        await fast.events(2);
        api.timer.elapse(1000);
        return lines(api, "socket closed");
      })
      .toBe(1);
  });

  test.each([
    ["an event stream", eventStream],
    ["parts", multipart],
  ])("is disconnected from %s", async (_, accept) => {
    const api = await startApi();
    const [ada, bob] = [await api.register(), await api.register()];
    const { id } = await longPost(ada);
    const slow = await openStream(api, `subscription { postEvents { kind post { ${contents} } } }`, {
      accept,
      authorization: [`Bearer ${bob.token}`],
    });
    const fast = await follow(api, ada.token);
    await Promise.all([slow.next(), fast.event()]);
    slow.request.socket!.pause();
    await votes(bob, id, 20);
    await fast.events(20);
    slow.request.socket!.resume();
    await slow.ended;
    await votes(bob, id, 1);
    expect(await fast.event()).toMatchObject({ kind: "VOTED" });
  });

  test("of large answers still receives events, and can still send messages", async () => {
    const { bob, id, slow, fast } = await slowBesideFast();
    await votes(bob, id, 2);
    await fast.events(2);
    slow.send({ type: "ping" });
    slow.raw.resume();
    const types: string[] = [];
    while (types.length < 9) types.push((await slow.next()).type);
    expect(types).toEqual([...Array.from({ length: 3 }, () => ["next", "complete"]).flat(), "next", "next", "pong"]);
  });

  test("can't pile up answers to pings", async () => {
    const api = await startApi({ MAX_MESSAGES_PER_SECOND: "1000" });
    const { query } = await longPost(await api.register());
    const ada = await api.register();
    const socket = await connect(api, ada.token);
    await stopReading(api, socket, query);
    const ping = JSON.stringify({ type: "ping", payload: { x: "x".repeat(4000) } });
    for (let count = 0; count < 300; count += 1) socket.send(ping);
    socket.raw.resume();
    expect((await socket.closed).code).toBe(1013);
    expect(socket.rest().filter(({ type }) => type === "pong").length).toBeLessThan(300);
  });

  test("is disconnected if it reads nothing for longer than SEND_TIMEOUT", async () => {
    const api = await startApi({ SEND_TIMEOUT: "5s" });
    const ada = await api.register();
    const { query } = await longPost(ada);
    const socket = await connect(api, ada.token);
    await stopReading(api, socket, query);
    api.timer.elapse(5000);
    expect(await hasClosed(api)).toBe(true);
  });
});

test("large answers over sockets count against the budget of all answers, and changes are still reported", async () => {
  const room = { MAX_ANSWER_BYTES: "2000000", MAX_ANSWER_BYTES_IN_FLIGHT: "4000000" };
  const api = await startApi(room);
  const ada = await api.register();
  const id = await createPost(ada, { content: "€".repeat(100_000) });
  for (let count = 0; count < 90; count += 1) await createPost(ada, { title: "x".repeat(200) });
  const several = Array.from({ length: 6 }, (_, index) => `c${index}: content`).join(" ");
  const socket = await connect(api, ada.token);
  socket.raw.pause();
  for (let count = 0; count < 12; count += 1) {
    socket.send(subscribe(String(count), `{ post(id: "${id}") { ${several} } }`));
    await expect.poll(() => lines(api, "socket operation"), patient).toBe(count + 1);
  }
  // 270 kB of what isn't measured before it is read.
  const titles = Array.from({ length: 14 }, (_, index) => `t${index}: title`).join(" ");
  const change = `mutation { updatePost(input: { id: "${id}", title: "New" }) {
    post { title author { posts(first: 90) { nodes { ${titles} } } } } } }`;
  socket.send(subscribe("change", change));
  await expect.poll(() => lines(api, "socket operation"), patient).toBe(13);
  socket.raw.resume();
  const answers = new Map<string, any>();
  while (!answers.has("change")) {
    const { id: of, type, payload } = await socket.next();
    if (type !== "complete") answers.set(of!, payload);
  }
  const refused = [...answers.values()].filter((payload) => payload[0]?.extensions.code === "SERVICE_UNAVAILABLE");
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.get("change").data?.updatePost.post.title).toBe("New");
  // All room was given back.
  socket.send(subscribe("again", `{ post(id: "${id}") { ${several} } }`));
  let again;
  while ((again = await socket.next()).id !== "again");
  expect(again.payload.data.post.c0).toHaveLength(100_000);
});

describe("nothing is left of a client", () => {
  /** Waits until nothing waits or follows the log, several times in a row, since running work may start more. */
  async function nothingIsLeft(api: Api, before: number): Promise<void> {
    let quiet = 0;
    const look = async () => {
      api.timer.ring();
      await isWell(api);
      quiet = api.timer.waiting() === before ? quiet + 1 : 0;
      return quiet;
    };
    await expect.poll(look, patient).toBeGreaterThan(3);
  }

  test.each([
    { when: "in the middle of its first message", bytes: () => frame(opcode.text, '{"type":"connection', false) },
    { when: "in the middle of a frame", bytes: () => frame(opcode.text, '{"type":"ping"}').subarray(0, 9) },
    {
      when: "before its credential was judged",
      bytes: (ada: Account) => frame(opcode.text, JSON.stringify(init(ada))),
    },
  ])("that disappears $when", async ({ bytes }) => {
    const api = await startApi();
    const ada = await api.register();
    const before = api.timer.waiting();
    for (let count = 0; count < 10; count += 1) {
      const client = await rawSocket(api, handshake());
      await client.head();
      client.socket.write(bytes(ada));
      client.socket.resetAndDestroy();
    }
    await nothingIsLeft(api, before);
    expect(api.logged().filter(({ level }) => level === "error")).toEqual([]);
  });

  test("that disappears before or while its subscription begins", async () => {
    const api = await startApi();
    const ada = await api.register();
    const before = api.timer.waiting();
    for (let count = 0; count < 10; count += 1) {
      const client = await rawClient(api, ada.token);
      client.send(subscribe("1"));
      client.send({ type: "complete", id: "1" });
      client.send(subscribe("1"));
      if (count % 2 === 0) await client.until(/READY/);
      client.socket.resetAndDestroy();
    }
    await nothingIsLeft(api, before);
    const stays = await follow(api, ada.token);
    await stays.event();
    await createPost(ada);
    await stays.event();
    stays.close();
    await nothingIsLeft(api, before);
    expect(await isWell(api)).toBe(true);
  });

  test.each([eventStream, multipart])("of a stream (%s) that disappears, at whatever point", async (accept) => {
    const api = await startApi();
    const ada = await api.register();
    const before = api.timer.waiting();
    const body = JSON.stringify({ query: subscription });
    const post = `POST /graphql HTTP/1.1\r\nhost: x\r\naccept: ${accept}\r\ncontent-type: application/json\r\nauthorization: Bearer ${ada.token}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    for (let count = 0; count < 10; count += 1) {
      const client = await rawSocket(api, post);
      if (count % 2 === 0) await client.until(/READY/);
      client.socket.resetAndDestroy();
    }
    // The second waits behind the first, which never ends.
    const client = await rawSocket(api, post + post);
    await client.until(/READY/);
    expect(await isWell(api)).toBe(true);
    client.socket.resetAndDestroy();
    await nothingIsLeft(api, before);
  });
});

describe("a server that stops", () => {
  test("closes its sockets with 1012 and ends its streams", async () => {
    const api = await startApi();
    const ada = await api.register();
    const [socket, unknown] = [await follow(api, ada.token), await openSocket(api)];
    await socket.event();
    const authorization = [`Bearer ${ada.token}`];
    const streams = [
      await openStream(api, subscription, { authorization }),
      await openStream(api, subscription, { authorization, accept: multipart }),
    ];
    for (const stream of streams) await stream.next();
    await api.server.stop();
    for (const { closed } of [socket, unknown])
      expect(await closed).toEqual({ code: 1012, reason: "The server stops" });
    for (const { ended } of streams) await ended;
    expect(streams[0]!.text()).not.toContain("event: complete");
    expect(streams[1]!.text()).toMatch(/--graphql--\r\n$/);
  });

  test("doesn't wait for clients that don't answer the close, and begins nothing meanwhile", async () => {
    const api = await startApi();
    const ada = await api.register();
    const deaf = await rawClient(api, ada.token);
    const refused = await rawSocket(api, handshake({}, { "sec-websocket-protocol": "soap" }));
    await refused.head();
    // Half a request has come of each.
    const asked = handshake();
    const [socket, stream] = [
      await rawSocket(api, asked.slice(0, 20)),
      await rawSocket(api, "POST /graphql HTTP/1.1\r\n"),
    ];
    await api.fetch("/healthz");
    const stopped = api.server.stop();
    await deaf.until(closing(1012));
    socket.socket.write(asked.slice(20));
    expect(await socket.head()).toMatch(/^HTTP\/1.1 503 /);
    const body = JSON.stringify({ query: subscription });
    const head = `host: x\r\nauthorization: Bearer ${ada.token}\r\naccept: text/event-stream\r\ncontent-type: application/json`;
    stream.socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    expect(await stream.head()).toMatch(/^HTTP\/1.1 503 /);
    await expect(fetch(new URL("/healthz", api.url))).rejects.toThrow("fetch failed");
    api.timer.ring();
    await stopped;
  });
});

test("a client with an expensive selection for each event doesn't delay other clients' events", async () => {
  const api = await startApi({ MAX_SLOW_READS: "8" });
  const [ada, bob] = [await api.register(), await api.register()];
  const dear = await connect(api, ada.token);
  const query = `subscription { postEvents { kind post { author { posts(search: "content", first: 50) { nodes { content } } } } } }`;
  for (let id = 0; id < 20; id += 1) dear.send(subscribe(String(id), query));
  for (let id = 0; id < 20; id += 1) await dear.next();
  const cheap = await follow(api, bob.token);
  await cheap.event();
  for (let count = 0; count < 10; count += 1) await createPost(ada);
  expect((await cheap.events(10)).map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => "ADDED"));
});
