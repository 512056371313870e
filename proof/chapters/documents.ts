import { readFileSync } from "node:fs";

import { buildSchema } from "graphql";

import { fuzzedRequests, type FuzzedRequest } from "../../load/soak/fuzz/documents.js";
import type { Random } from "../../src/cli/seed/random.js";
import { createPost, register, type Account } from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openSocket } from "../live.js";
import type { Recorder } from "../recorder.js";

const accepts = [undefined, "*/*", "application/json", "application/graphql-response+json"];

// Each account is replaced before it has tried enough wrong passwords to have to wait.
const requestsPerAccount = 60;

/** Returns documents that are nearly right, with mistakes everywhere. No two of them try the same account. */
function requestsOf(random: Random): () => FuzzedRequest {
  const next = fuzzedRequests(
    buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8")),
    random,
  );
  let count = 0;
  return () => {
    const request = next();
    count += 1;
    return { ...request, query: request.query.replaceAll("a@example.com", `a${count}@example.com`) };
  };
}

async function overHttp(recorder: Recorder, random: Random, count: number): Promise<void> {
  const next = requestsOf(random);
  let author: Account | undefined;
  for (let index = 0; index < count; index += 1) {
    if (index % requestsPerAccount === 0) {
      author = await register(recorder, `Author${index}`);
      await createPost(recorder, author, { title: `Post ${index}`, content: "text and more text" });
    }
    const token = random.next() < 0.7 ? author!.token : undefined;
    const request = next();
    const byGet = random.next() < 0.25 && encodeURIComponent(JSON.stringify(request)).length < 6000;
    await recorder.graphql({ ...request, token, accept: random.pick(accepts), byGet });
  }
}

const endsSession = /logout|revokeSession|changePassword|deleteAccount/;

/** Sends documents by a socket, each when the one before is complete. */
async function bySocket(recorder: Recorder, random: Random, sockets: number): Promise<void> {
  const next = requestsOf(random);
  for (let index = 0; index < sockets; index += 1) {
    const author = await register(recorder, `Sender${index}`);
    await createPost(recorder, author, { title: `Post ${index}`, content: "text and more text" });
    const isSignedIn = index % 3 > 0;
    const socket = await openSocket(recorder, { "x-forwarded-for": `10.8.0.${index}` });
    socket.send({
      type: "connection_init",
      ...(isSignedIn && { payload: { authorization: `Bearer ${author.token}` } }),
    });
    await socket.wait();
    for (let message = 0; message < 15; message += 1) {
      let request = next();
      // How much of a socket is still answered after its session has ended is a matter of time.
      while (endsSession.test(request.query)) request = next();
      socket.send({ type: "subscribe", id: `${message}`, payload: request });
      await socket.finish(`${message}`);
    }
    await socket.keep("documents with mistakes");
  }
}

export const documents: Chapter = {
  name: "documents",
  settings: { MAX_MESSAGES_PER_SECOND: "100000" },
  async run(recorder, random) {
    await overHttp(recorder, random, 400);
    await bySocket(recorder, random, 10);
  },
};

/** The same as strangers meet it, and on a server that hides its schema. */
export const anonymousDocuments: Chapter = {
  name: "documents-in-production",
  settings: { NODE_ENV: "production", PUBLIC_READS: "true", MAX_MESSAGES_PER_SECOND: "100000" },
  async run(recorder, random) {
    await overHttp(recorder, random, 150);
    await bySocket(recorder, random, 4);
    for (const path of ["/", "/explorer/", "/metrics", "/healthz", "/readyz", "/graphql"])
      await recorder.ask({ method: "GET", path, headers: [["Accept", "text/html"]] });
    const origins = ["https://studio.apollographql.com", "https://app.example.com"];
    for (const origin of origins)
      await recorder.graphql({
        query: "{ __typename __schema { queryType { name } } }",
        headers: [["Origin", origin]],
      });
  },
};
