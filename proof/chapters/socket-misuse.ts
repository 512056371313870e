import * as account from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openSocket } from "../live.js";

const start = { type: "subscribe", id: "a", payload: { query: "subscription { postEvents { kind } }" } };
const deep = `{"type":"ping","payload":{"a":${"[".repeat(70)}${"]".repeat(70)}}}`;

/** Messages that are wrong, each sent on a socket that has just been acknowledged. */
const messages: readonly (string | object | Buffer)[] = [
  "nonsense",
  "",
  "null",
  "[]",
  "1",
  {},
  { type: 1 },
  { type: "nothing" },
  { type: "connection_init" },
  { type: "connection_ack" },
  { type: "next", id: "a", payload: {} },
  { type: "subscribe" },
  { type: "subscribe", id: 1, payload: { query: "{ __typename }" } },
  { type: "subscribe", id: "", payload: { query: "{ __typename }" } },
  { type: "subscribe", id: "x".repeat(128), payload: { query: "{ __typename }" } },
  { type: "subscribe", id: "x".repeat(129), payload: { query: "{ __typename }" } },
  { type: "subscribe", id: "a" },
  { type: "subscribe", id: "a", payload: null },
  { type: "subscribe", id: "a", payload: {} },
  { type: "subscribe", id: "a", payload: { query: 1 } },
  { type: "subscribe", id: "a", payload: { query: "" } },
  { type: "subscribe", id: "a", payload: { query: "{ __typename }", variables: 1 } },
  { type: "subscribe", id: "a", payload: { query: "{ __typename }", variables: [1] } },
  { type: "subscribe", id: "a", payload: { query: "{ __typename }", operationName: 1 } },
  { type: "subscribe", id: "a", payload: { query: "query A { __typename } query B { __typename }" } },
  {
    type: "subscribe",
    id: "a",
    payload: { query: "query A { __typename } query B { b: __typename }", operationName: "B" },
  },
  { type: "subscribe", id: "a", payload: { query: "{ __typename }", extensions: { a: 1 } } },
  { type: "subscribe", id: "a", payload: { query: `{ ${"__typename ".repeat(1000)}}` } },
  { type: "subscribe", id: "a", payload: { query: "{ posts(first: 101) { nodes { id } } }" } },
  {
    type: "subscribe",
    id: "a",
    payload: { query: "subscription ($a: Int) { postEvents { kind } }", variables: { a: "x" } },
  },
  { type: "complete" },
  { type: "complete", id: "unknown" },
  { type: "complete", id: 1 },
  { type: "ping", payload: { a: "x".repeat(5000) } },
  { type: "ping", payload: [1] },
  { type: "ping", payload: "x" },
  { type: "pong", payload: { a: 1 } },
  deep,
  JSON.stringify({ type: "ping", payload: { a: Array.from({ length: 10_001 }, () => 1) } }),
  Buffer.from(JSON.stringify({ type: "ping" })),
  Buffer.from([0xff, 0xfe]),
];

const inits: readonly unknown[] = [null, 1, "x", [], {}, { any: true }, { authorization: null }, { authorization: [] }];

export const socketMisuse: Chapter = {
  name: "socket-misuse",
  settings: {},
  async run(recorder) {
    const ada = await account.register(recorder, "Ada");
    const init = { type: "connection_init", payload: { authorization: `Bearer ${ada.token}` } };
    for (const message of messages) {
      const socket = await openSocket(recorder);
      socket.send(init);
      await socket.wait();
      socket.send(message);
      const { type, id } = message as { readonly type?: unknown; readonly id?: unknown };
      if (type === "subscribe" && typeof id === "string") await socket.finish(id);
      else await socket.settle();
      socket.send({ type: "ping" });
      await socket.wait();
      await socket.keep("a wrong message");
    }
    for (const payload of inits) {
      const socket = await openSocket(recorder);
      socket.send({ type: "connection_init", payload });
      await socket.wait();
      await socket.keep("another payload of connection_init");
    }
    const header = { authorization: `Bearer ${ada.token}` };
    for (const authorization of [`Bearer ${ada.token}`, `bearer ${ada.token}`, "Bearer x", ""]) {
      const socket = await openSocket(recorder, header);
      socket.send({ type: "connection_init", payload: { authorization } });
      await socket.wait();
      await socket.keep("a header and a payload");
    }
    for (const first of [start, { type: "ping" }, { type: "complete", id: "a" }, "nonsense"]) {
      const socket = await openSocket(recorder);
      socket.send(first);
      await socket.settle();
      await socket.keep("a message before connection_init");
    }
    const twice = await openSocket(recorder);
    twice.send(init);
    await twice.wait();
    twice.send(start);
    await twice.wait();
    twice.send(start);
    await twice.closed();
    await twice.keep("an id twice");
    for (const protocols of [[], ["graphql-ws"], ["nothing"], ["nothing", "graphql-transport-ws"]]) {
      const socket = await openSocket(recorder, {}, protocols);
      await socket.settle();
      await socket.keep("other protocols");
    }
    const silent = await openSocket(recorder);
    await silent.closed();
    await silent.keep("no connection_init in time");
  },
};
