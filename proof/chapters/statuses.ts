import { createPost, creation, login, register, registration } from "../accounts.js";
import type { Chapter } from "../chapter.js";
import type { Operation, Recorder } from "../recorder.js";

const accepts = [
  undefined,
  "*/*",
  "application/json",
  "application/graphql-response+json",
  "application/graphql-response+json, application/json;q=0.9",
  "application/json, application/graphql-response+json;q=0.1",
  "application/json;charset=utf-8",
  "application/json; charset=latin1",
  "application/*;q=0.5",
  "text/html",
  "text/html, */*;q=0.1",
  "image/png",
  "application/json;q=0",
  "",
  "nonsense",
  "text/event-stream",
  "multipart/mixed",
];

/** Every kind of outcome, to be asked with every Accept header. */
const outcomes: Readonly<Record<string, Operation>> = {
  success: { query: "{ __typename }" },
  "a good read": { query: "{ me { id name } posts(first: 2) { nodes { title } } }", token: "good" },
  "partly answered": { query: `{ post(id: "x") { id } __schema { queryType { name } } }` },
  "credential missing": { query: "{ __typename me { id } }" },
  "credential refused": { query: "{ __typename me { id } }", token: "bad" },
  "no query": { variables: {} },
  "empty query": { query: "" },
  "no parse": { query: "{ me" },
  "no validation": { query: "{ nothing me { emaill } }" },
  "two errors": { query: "query ($a: Int!) { nothing }", variables: { a: "x" } },
  "variables of a wrong type": {
    query: "query ($id: ID!) { node(id: $id) { id } }",
    variables: { id: { a: 1 } },
    token: "good",
  },
  "a variable left out": { query: "query ($id: ID!) { node(id: $id) { id } }", token: "good" },
  "variables that are a list": { query: "{ __typename }", variables: [1] },
  "variables that are text": { query: "{ __typename }", variables: "text" },
  "two operations without a name": { query: "query A { __typename } query B { __typename }" },
  "two operations and a name": { query: "query A { __typename } query B { b: __typename }", operationName: "B" },
  "a name that is not there": { query: "query A { __typename }", operationName: "C" },
  "a persisted query": { extensions: { persistedQuery: { version: 1, sha256Hash: "x" } } },
  "a subscription": { query: "subscription { nothing }", token: "good" },
  "a mutation": { query: creation, variables: { input: { title: "", content: "" } }, token: "good" },
  "a mutation that fails in part": {
    query: `mutation { a: votePost(input: { postId: "x" }) { post { id } } b: createPost(input: { title: "t", content: "c", published: false }) { post { title } } }`,
    token: "good",
  },
  "a wrong password": {
    query: login,
    variables: { input: { email: "nobody@example.com", password: "wrong horse battery" } },
  },
  "inputs that break rules": { query: registration, variables: { input: { email: "x", name: "", password: "short" } } },
  "too deep": {
    query: `{ me { posts { nodes { author { posts { nodes { author { posts { nodes { author { id } } } } } } } } } } }`,
    token: "good",
  },
  "too many objects": {
    query: `{ posts(first: 100) { nodes { author { posts(first: 100) { nodes { id } } } } } }`,
    token: "good",
  },
  introspection: {
    query: `{ __type(name: "Post") { name kind fields { name type { name kind ofType { name } } args { name } } } }`,
  },
};

/** Asks for every kind of outcome by GET and POST, with every Accept header. */
async function askAll(recorder: Recorder, good: string): Promise<void> {
  for (const [, { token, ...operation }] of Object.entries(outcomes))
    for (const accept of accepts) {
      const sent = { ...operation, accept, token: token === "good" ? good : token };
      await recorder.graphql(sent);
      await recorder.graphql({ ...sent, byGet: true });
    }
}

export const statuses: Chapter = {
  name: "statuses",
  settings: { POSTS_PER_HOUR: "100000" },
  async run(recorder) {
    const ada = await register(recorder, "Ada");
    for (const title of ["one", "two", "three"]) await createPost(recorder, ada, { title, content: "content" });
    await askAll(recorder, ada.token);
  },
};
