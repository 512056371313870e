import { setTimeout as pause } from "node:timers/promises";

import * as account from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openSocket, openStream } from "../live.js";
import type { Recorder } from "../recorder.js";

const events = "subscription { postEvents { kind postId post { title } } }";

/** Lets tokens expire on a socket, one of them renewed, and on both kinds of streams. */
async function expireLive(recorder: Recorder): Promise<void> {
  const ada = await account.register(recorder, "Ada");
  const [renewed, left] = [await openSocket(recorder), await openSocket(recorder)];
  for (const socket of [renewed, left]) {
    socket.send({ type: "connection_init", payload: { authorization: `Bearer ${ada.token}` } });
    await socket.wait();
    socket.subscribe("a", events);
    await socket.wait();
  }
  const sse = await openStream(recorder, { query: events, token: ada.token, accept: "text/event-stream" });
  const accept = "multipart/mixed;subscriptionSpec=1.0";
  const multipart = await openStream(recorder, { query: events, token: ada.token, accept });
  await sse.wait();
  await multipart.wait();
  await pause(1100);
  await account.renew(recorder, ada);
  renewed.send({ type: "ping", payload: { authorization: `Bearer ${ada.token}` } });
  await renewed.wait();
  await left.closed();
  await sse.ended();
  await multipart.ended();
  await left.keep("a token that expires on a socket");
  await sse.keep("a token that expires on an event stream");
  await multipart.keep("a token that expires on a multipart stream");
  await account.renew(recorder, ada);
  await account.createPost(recorder, ada, { title: "after the first token", content: "x" });
  await renewed.wait();
  await renewed.closed();
  await renewed.keep("a token that was renewed once");
}

export const expiry: Chapter = {
  name: "expiry",
  settings: { ACCESS_TOKEN_TTL: "8s", REFRESH_TOKEN_TTL: "16s", SESSION_MAX_AGE: "24s", REFRESH_GRACE: "1s" },
  async run(recorder) {
    const bob = await account.register(recorder, "Bob");
    const me = { query: "{ me { id sessions { id current } } }", token: bob.token };
    await recorder.graphql(me);
    await pause(8200);
    for (const accept of [undefined, "application/json"]) {
      await recorder.graphql({ ...me, accept });
      await recorder.graphql({ ...me, byGet: true, accept });
      await recorder.graphql({ ...me, query: `{ __typename post(id: "x") { id } }`, accept });
    }
    const socket = await openSocket(recorder);
    socket.send({ type: "connection_init", payload: { authorization: `Bearer ${bob.token}` } });
    await socket.closed();
    await socket.keep("an expired token");
    await pause(8200);
    await account.renew(recorder, bob);
    await expireLive(recorder);
  },
};
