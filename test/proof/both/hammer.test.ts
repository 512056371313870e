import { once } from "node:events";
import { connect } from "node:net";

import * as fc from "fast-check";
import { parse, validate } from "graphql";
import { expect, test } from "vitest";

import { isErrorCode } from "../../../src/foundation/errors.js";
import { makeSchema } from "../../../src/graphql/schema.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import type { Answer } from "../../../src/testing/transport.js";
import { startApi, type Api } from "../../support/api.js";
import { hostileTexts, textArguments, validOperation } from "../../support/operations.js";
import { createPost } from "../../support/posts.js";

const schema = makeSchema();
const seed = 20_261_122;

const ours: ReadonlySet<string> = new Set(["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"]);
const behind =
  /sqlite|postgres|relation "|select |insert |mikro|knex|fastify|apollo|node_modules|\.[jt]s\b|TypeError|undefined|\bat \w+ \(|\[object/i;

/**
 * Returns the faults of answers: an internal error, an unlisted code, or a word that reveals the inside. With what was
 * sent, to see it again.
 */
function faults(answers: readonly (readonly [sent: string, answer: Answer])[]): string[] {
  return answers.flatMap(([sent, { status, body, text, headers }]) => {
    const errors = body.errors ?? [];
    const isDecent =
      status < 500 &&
      /json/.test(headers.get("content-type") ?? "") &&
      errors.every(
        ({ extensions: { code }, message }) => isErrorCode(code) && !ours.has(code) && !behind.test(message),
      );
    return isDecent ? [] : [`${sent}\n→ ${status} ${text.slice(0, 500)}`];
  });
}

const incidents = (api: Api) => api.logged().filter(({ msg }) => msg === "internal error");

async function isAlive(api: Api, { id, send }: Account): Promise<boolean> {
  const { body } = await send("{ me { id } }");
  return body.data?.me.id === id && incidents(api).length === 0;
}

test("answers every valid operation", async () => {
  const api = await startApi({ PUBLIC_READS: "true" });
  const [ada, bob] = [await api.register(), await api.register()];
  const ids = [await createPost(ada), await createPost(ada, { published: false }), ada.id, bob.sessionId, bob.id];
  const codes = new Set<unknown>();
  let valid = 0;

  await fc.assert(
    fc.asyncProperty(validOperation(schema, ids), fc.constantFrom(0, 1, 2), async (operation, sender) => {
      valid += validate(schema, parse(operation)).length === 0 ? 1 : 0;
      const answer = await [ada, bob, api][sender]!.send(operation);
      for (const { extensions } of answer.body.errors ?? []) codes.add(extensions.code);
      expect(faults([[operation, answer]])).toEqual([]);
    }),
    { seed, numRuns: 400, interruptAfterTimeLimit: 30_000 },
  );

  expect(valid).toBeGreaterThan(300);
  // It met more than one wall.
  expect([...codes]).toEqual(expect.arrayContaining(["BAD_USER_INPUT", "NOT_FOUND"]));
  expect(incidents(api)).toEqual([]);
});

test("answers every hostile text in every place that takes one", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createPost(ada);
  const places = textArguments(schema);
  expect(places.map(({ of }) => of)).toEqual(
    expect.arrayContaining(["posts(search)", "posts(after)", "posts(filter.authorId)", "createPost(input.title)"]),
  );

  for (const { operation } of places) {
    const answers = await Promise.all(hostileTexts.map((text) => ada.send(operation, { variables: { text } })));
    const sent = hostileTexts.map((text) => `${operation} with ${JSON.stringify(text)}`);
    expect(faults(answers.map((answer, index) => [sent[index]!, answer]))).toEqual([]);
  }
  expect(await isAlive(api, ada)).toBe(true);
});

test("answers mutilated bodies", async () => {
  const api = await startApi();
  const ada = await api.register();
  const whole = JSON.stringify({
    query: "query Q($n: Int) { posts(first: $n) { nodes { title } } }",
    variables: { n: 2 },
    operationName: "Q",
    extensions: { a: [1, { b: null }] },
  });
  const cut = fc.record({
    at: fc.nat(whole.length - 1),
    length: fc.nat(12),
    put: fc.oneof(
      fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "\\", "0"),
      fc.json(),
      fc.string({ unit: "binary" }),
    ),
  });

  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 3 }), async (cuts) => {
      let body = whole;
      for (const { at, length, put } of cuts) body = body.slice(0, at) + put + body.slice(at + length);
      const answer = await api.fetch("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${ada.token}` },
        body,
      });
      expect(faults([[body, answer]])).toEqual([]);
    }),
    { seed, numRuns: 300, interruptAfterTimeLimit: 20_000 },
  );
  expect(await isAlive(api, ada)).toBe(true);
});

test("survives clients that hang up in the middle", async () => {
  const api = await startApi();
  const ada = await api.register();
  const { port, hostname } = new URL(api.url);
  const body = JSON.stringify({ query: "{ posts(first: 100) { nodes { title author { name } } } }" });
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer ${ada.token}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const request = head + body;

  for (let length = 1; length <= request.length; length += 17) {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    await new Promise<void>((resolve) => void socket.write(request.slice(0, length), () => resolve()));
    // Once politely, once with a reset.
    if (length % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
    await once(socket, "close");
  }
  expect(await isAlive(api, ada)).toBe(true);
});
