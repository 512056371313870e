import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { startApi } from "../../support/api.js";
import { newFolder } from "../../support/files.js";

const me = "query Me { me { name } }";
const register =
  "mutation Register($input: RegisterInput!) { register(input: $input) { accessToken refreshToken expiresAt user { id sessions { id } } } }";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

async function startWith(documents: unknown) {
  const path = join(newFolder(), "documents.json");
  writeFileSync(path, JSON.stringify(documents));
  return startApi({ TRUSTED_DOCUMENTS: path });
}

const documents = { [sha256(me)]: me, "7": register };

test.each([
  ["documentId", { documentId: sha256(me) }],
  ["documentId with the algorithm in front", { documentId: `sha256:${sha256(me)}` }],
  ["Relay's doc_id", { doc_id: sha256(me) }],
  ["Relay's id", { id: sha256(me) }],
  ["the hash of a persisted query", { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(me) } } }],
  ["its text", { query: me }],
])("runs a document that it knows, by %s, posted or by GET", async (_of, asked) => {
  const api = await startWith(documents);
  const ada = await api.as("Ada");
  const headers = { authorization: `Bearer ${ada.token}`, "content-type": "application/json" };
  const url = new URLSearchParams();
  for (const [name, value] of Object.entries(asked))
    url.set(name, typeof value === "string" ? value : JSON.stringify(value));

  const answers = [
    await api.fetch("/graphql", { method: "POST", headers, body: JSON.stringify(asked) }),
    await api.fetch(`/graphql?${url.toString()}`, { headers }),
  ];

  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(body).toEqual({ data: { me: { name: "Ada" } } });
  }
});

test("passes variables to a document by its id", async () => {
  const api = await startWith(documents);
  const { body } = await api.fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      doc_id: "7",
      variables: { input: { name: "Ada", email: "ada@example.com", password: "correct horse battery" } },
    }),
  });
  expect(body.data.register.user.id).toMatch(/^user_/);
});

test.each([
  ["another document", { query: "{ me { id } }" }, "Only documents that this server knows may run"],
  ["the same document in other words", { query: `${me} ` }, "Only documents that this server knows may run"],
  // Nothing is parsed, so nothing is said about the text.
  ["text that doesn't parse", { query: "{ me { id" }, "Only documents that this server knows may run"],
  ["a document that doesn't validate", { query: "{ you { id } }" }, "Only documents that this server knows may run"],
  [
    "a text with more tokens than a document may have",
    { query: `{ ${"id ".repeat(2000)} }` },
    "Only documents that this server knows may run",
  ],
  ["introspection", { query: "{ __schema { types { name } } }" }, "Only documents that this server knows may run"],
  ["an id that it doesn't know", { documentId: "8" }, "This server knows no document of this id"],
  ["an id of every object", { documentId: "constructor" }, "This server knows no document of this id"],
])("refuses %s", async (_of, asked, message) => {
  const api = await startWith(documents);
  const ada = await api.as("Ada");
  const answer = await api.fetch("/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${ada.token}`, "content-type": "application/json" },
    body: JSON.stringify(asked),
  });
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({ errors: [expect.objectContaining({ message, extensions: { code: "BAD_REQUEST" } })] });
});

test.each([[["a"]], [{ a: 1 }], ["text"], [null]])("does not start with a file that holds %j", async (content) => {
  await expect(startWith(content)).rejects.toThrow(
    "TRUSTED_DOCUMENTS must name a JSON file of documents by their ids, for example",
  );
});

test("does not start without the file", async () => {
  await expect(startApi({ TRUSTED_DOCUMENTS: "./nowhere.json" })).rejects.toThrow(
    "TRUSTED_DOCUMENTS must name a JSON file of documents by their ids: it can't be read (ENOENT)",
  );
});
