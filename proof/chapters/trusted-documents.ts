import { createHash } from "node:crypto";

import { password, registration } from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openSocket } from "../live.js";

const me = "query Me { me { name } }";
const posts = "query Posts($first: Int) { posts(first: $first) { nodes { title } } }";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const known = { [sha256(me)]: me, "7": registration, posts };

const bodies: readonly object[] = [
  { documentId: sha256(me) },
  { documentId: `sha256:${sha256(me)}` },
  { doc_id: sha256(me) },
  { id: sha256(me) },
  { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(me) } } },
  { query: me },
  { query: `${me} ` },
  { query: "{ me { name } }" },
  { query: "{ __typename }" },
  { documentId: "posts", variables: { first: 1 } },
  { documentId: "posts", variables: { first: "x" } },
  { documentId: "unknown" },
  { documentId: 7 },
  { documentId: "" },
  { documentId: "posts", query: me },
  { documentId: sha256(me), id: "posts" },
  {},
];

export const trustedDocuments: Chapter = {
  name: "trusted-documents",
  settings: {},
  files: { TRUSTED_DOCUMENTS: JSON.stringify(known) },
  async run(recorder) {
    const variables = { input: { name: "Ada", email: "ada@example.com", password } };
    const document = { documentId: "7", variables };
    const { body } = await recorder.graphql(document);
    const token: string = body.data.register.accessToken;
    for (const asked of bodies)
      for (const byGet of [true, false])
        for (const own of [token, undefined]) await recorder.graphql({ ...asked, byGet, token: own });
    for (const payload of bodies) {
      const socket = await openSocket(recorder);
      socket.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
      await socket.wait();
      socket.send({ type: "subscribe", id: "a", payload });
      await socket.finish("a");
      await socket.keep("a trusted document by socket");
    }
  },
};
