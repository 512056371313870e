import * as account from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openSocket, openStream, type RecordedSocket } from "../live.js";

const plain = "subscription { postEvents { kind post { title } } }";

export const liveLimits: Chapter = {
  name: "live-limits",
  settings: {
    MAX_SUBSCRIPTIONS: "2",
    MAX_SOCKETS_OF_USER: "3",
    MAX_MESSAGE_BYTES: "4096",
    MAX_MESSAGES_PER_SECOND: "20",
    PUBLIC_READS: "true",
    CORS_ORIGINS: "https://app.example.com",
  },
  async run(recorder) {
    const ada = await account.register(recorder, "Ada");
    const open: RecordedSocket[] = [];
    for (let index = 0; index < 5; index += 1) {
      const socket = await openSocket(recorder);
      socket.send({ type: "connection_init", payload: { authorization: `Bearer ${ada.token}` } });
      await socket.wait();
      open.push(socket);
    }
    const stream = await openStream(recorder, { query: plain, token: ada.token, accept: "text/event-stream" });
    await stream.wait();
    await stream.keep("a stream beyond the sockets of a user");
    for (const id of ["a", "b", "c"]) {
      open[0]!.subscribe(id, plain);
      await open[0]!.wait();
    }
    open[1]!.send({ type: "subscribe", id: "long", payload: { query: `{ __typename } # ${"x".repeat(5000)}` } });
    for (let index = 0; index < 60; index += 1) open[2]!.send({ type: "ping" });
    await open[1]!.closed();
    await open[2]!.closed();
    await open[0]!.keep("too many subscriptions");
    await open[1]!.keep("too long a message");
    // How many pongs come before the close is chance.
    open[2]!.forget("pong");
    await open[2]!.keep("too many messages");
    for (const socket of open.slice(3)) await socket.keep("a socket beyond those of a user");

    for (const origin of ["https://app.example.com", "https://evil.example", "null", ""]) {
      const socket = await openSocket(recorder, { origin });
      socket.send({ type: "connection_init" });
      await socket.wait();
      socket.subscribe("a", "{ __typename posts { nodes { title } } me { id } }");
      await socket.wait(2);
      await socket.keep("a socket from an origin");
    }
    const anonymous = await openSocket(recorder);
    anonymous.send({ type: "connection_init" });
    await anonymous.wait();
    anonymous.subscribe("a", plain);
    await anonymous.wait();
    await account.createPost(recorder, ada, { title: "for everybody", content: "x" });
    await anonymous.wait();
    await anonymous.keep("a stranger where all may read");
  },
};
