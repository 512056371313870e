import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-node";
import { expect, inject, onTestFinished, test } from "vitest";

import { summaryOf } from "../../../src/foundation/tracing/statement-summary.js";
import { startApi } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { follow } from "../../support/live.js";
import { createPost } from "../../support/posts.js";
import { ask, end, failProcess, startProcess } from "../../support/process.js";
import { hideTable } from "../../support/rows.js";

/** A server whose spans are kept in this process. */
async function startTraced() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  onTestFinished(() => {
    for (const api of [trace, context, propagation]) api.disable();
  });
  const api = await startApi({ TRACING: "on" });
  return {
    api,
    /** All spans that have ended since they were asked for. */
    spans: (): ReadableSpan[] => {
      const ended = exporter.getFinishedSpans();
      exporter.reset();
      return ended;
    },
  };
}

/** Spans by their names, each with those within it, in the order in which they began. */
type Tree = readonly { readonly name: string; readonly within: Tree }[];
const treeOf = (spans: readonly ReadableSpan[], parent?: string): Tree =>
  spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
    .map((span) => ({ name: span.name, within: treeOf(spans, span.spanContext().spanId) }));

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no ${name} among ${spans.map((span) => span.name).join(", ")}`);
  return found;
};

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const caller = "00f067aa0ba902b7";
const headers = { traceparent: `00-${traceId}-${caller}-01` };
const system = inject("database");

test("traces a request with its operation and statements, within its caller's trace", async () => {
  const { api, spans } = await startTraced();
  const ada = await api.register("Ada");
  spans();
  await ada.send("query Mine { me { id } posts { nodes { title } } }", { headers });

  const found = spans();
  expect(treeOf(found, caller)).toEqual([
    {
      name: "POST /graphql",
      within: [
        {
          name: "query",
          within: [
            { name: "SELECT users", within: [] },
            { name: "SELECT posts", within: [] },
          ],
        },
      ],
    },
  ]);
  expect(new Set(found.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
  expect(named(found, "POST /graphql")).toMatchObject({
    kind: SpanKind.SERVER,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      "http.request.method": "POST",
      "http.route": "/graphql",
      "http.response.status_code": 200,
      "url.path": "/graphql",
      "url.scheme": "http",
      "network.protocol.version": "1.1",
    },
  });
  expect(named(found, "query")).toMatchObject({
    kind: SpanKind.INTERNAL,
    attributes: {
      "graphql.operation.type": "query",
      "graphql.operation.name": "Mine",
      "postern.root_fields": ["me", "posts"],
    },
  });
  expect(named(found, "SELECT posts")).toMatchObject({
    kind: SpanKind.CLIENT,
    attributes: { "db.system.name": system, "db.query.text": expect.stringContaining("from posts p") },
  });
  expect(api.logged().filter((line) => line["traceId"] === traceId)).toMatchObject([{ msg: "request" }]);
});

test("traces the statements of a transaction, until the end of its commit", async () => {
  const { api, spans } = await startTraced();
  const ada = await api.register("Ada");
  spans();
  await createPost(ada);
  const found = spans();
  const written = treeOf(found, named(found, "transaction").spanContext().spanId).map(({ name }) => name);
  expect(written).toContain("INSERT posts");
  expect(named(found, "INSERT posts").attributes["db.query.text"]).toMatch(/values \(\?, \?/);
  expect(named(found, "transaction").parentSpanContext?.spanId).toBe(named(found, "mutation").spanContext().spanId);
});

test("marks spans with server errors as failed, and refused ones by their codes", async () => {
  const { api, spans } = await startTraced();
  const ada = await api.register("Ada");
  spans();
  await api.send("{ me { id } }");
  const refused = spans();
  for (const name of ["POST /graphql", "query"])
    expect(named(refused, name)).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { "error.type": "UNAUTHENTICATED" },
    });

  await api.send("{ me { id }");
  expect(named(spans(), "GraphQL Operation").attributes["error.type"]).toBe("GRAPHQL_PARSE_FAILED");
  await api.fetch("/nothing");
  expect(named(spans(), "GET").attributes).toMatchObject({ "http.response.status_code": 404, "url.path": "/nothing" });
  await api.fetch("/readyz");
  expect(spans()).toEqual([]);

  await hideTable(api.server.database, "votes");
  await ada.send("{ posts { nodes { viewerHasVoted } } }");
  const broken = spans();
  for (const name of ["POST /graphql", "query"])
    expect(named(broken, name)).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "INTERNAL_SERVER_ERROR" },
    });
  expect(named(broken, "SELECT posts")).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { "error.type": system === "sqlite" ? "SQLITE_ERROR" : "42P01" },
  });
});

test("traces an operation of a WebSocket by itself, and the request that opened it", async () => {
  const { api, spans } = await startTraced();
  const ada = await api.register("Ada");
  spans();
  const socket = await follow(api, ada.token);
  await socket.event();
  const found = spans();
  expect(named(found, "GET /graphql").attributes["http.response.status_code"]).toBe(101);
  const subscription = named(found, "subscription");
  expect(subscription).toMatchObject({ kind: SpanKind.SERVER, parentSpanContext: undefined });
  expect(subscription.attributes).toMatchObject({ "postern.root_fields": ["postEvents"] });
  expect(api.logged().find(({ msg }) => msg === "socket operation")).toMatchObject({
    traceId: subscription.spanContext().traceId,
  });
});

test("reveals no token, no value and nothing of the document but the operation's name", async () => {
  const { api, spans } = await startTraced();
  const ada = await api.register("Ada");
  const content = "nobody else's business";
  const id = await createPost(ada, { content });
  await ada.send(`query { post(id: "${id}") { content } }`);
  await api.send(`mutation { login(input: { email: "${ada.email}", password: "a wrong guess" }) { accessToken } }`);
  await api.fetch(`/graphql?query={me{id}}&variables={"secret":"12345"}`);
  const said = JSON.stringify(
    spans().map(({ name, attributes, status, events }) => [name, attributes, status, events]),
  );
  expect(said).toContain("insert into");
  for (const secret of [ada.token, ada.refreshToken, ada.password, ada.email, ada.id, id, content, "guess", "12345"])
    expect(said).not.toContain(secret);
});

// What a process loads depends on no database.
const isOnce = system === "sqlite";

test.runIf(isOnce)("says that the SDK is missing that would receive the spans", async () => {
  const folder = newFolder();
  const { code, err } = await failProcess(folder, { TRACING: "on" });
  expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^TRACING=on needs an OpenTelemetry SDK.*\n$/) });
});

test.runIf(isOnce)(
  "loads nothing of OpenTelemetry unless tracing is on, and then says what to install if it is missing",
  async () => {
    const folder = newFolder();
    const [hooks, without] = [join(folder, "hooks.mjs"), join(folder, "without.mjs")];
    // As if it weren't there.
    writeFileSync(
      hooks,
      `export async function resolve(name, context, next) {
      if (!name.startsWith("@opentelemetry/")) return next(name, context);
      throw Object.assign(new Error("Cannot find " + name), { code: "ERR_MODULE_NOT_FOUND" });
    }`,
    );
    writeFileSync(
      without,
      `import { register } from "node:module"; register(${JSON.stringify(pathToFileURL(hooks))});`,
    );
    // Node 26 warns of what the hooks are registered by, which Node 20 has nothing else for.
    const env = { NODE_OPTIONS: `--no-deprecation --import ${pathToFileURL(without).href}` };
    const { code, err } = await failProcess(folder, { ...env, TRACING: "on" });
    expect({ code, err }).toEqual({
      code: 1,
      err: "TRACING=on needs the package @opentelemetry/api: npm install @opentelemetry/api@1.9, or set TRACING=off\n",
    });
    expect(await end(await startProcess(folder, env), "SIGTERM")).toBe(0);
  },
);

test.runIf(isOnce)("deploy/tracing.mjs sends all spans by OTLP, the last ones when the server stops", async () => {
  type Sent = { resourceSpans: { resource: { attributes: Named[] }; scopeSpans: { spans: { name: string }[] }[] }[] };
  type Named = { key: string; value: { stringValue?: string } };
  const sent: Sent[] = [];
  const receiver = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    if (request.url === "/v1/traces") sent.push(JSON.parse(text));
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  onTestFinished(() => void receiver.close());

  const running = await startProcess(newFolder(), {
    TRACING: "on",
    DATABASE_URL: await newDatabaseUrl(),
    NODE_OPTIONS: `--import ${pathToFileURL(resolve("deploy/tracing.mjs")).href}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    OTEL_SERVICE_NAME: "posts",
    // Longer than the test takes.
    OTEL_BSP_SCHEDULE_DELAY: "600000",
  });
  await ask(running.url, "{ __typename }");
  expect(await end(running, "SIGTERM")).toBe(0);
  const [{ resourceSpans }] = sent as [Sent];
  expect(resourceSpans[0]!.scopeSpans[0]!.spans.map(({ name }) => name)).toEqual(["query", "POST /graphql"]);
  expect(resourceSpans[0]!.resource.attributes).toContainEqual({
    key: "service.name",
    value: { stringValue: "posts" },
  });
});

test.each([
  ["select id from posts p where id = ?", "SELECT posts"],
  ["select name from json_each(?) i cross join users u on u.id = i.value", "SELECT users"],
  ["select name from lateral (select place from json_array_elements(?)) i join users u", "SELECT users"],
  ["with unit as (select 1) select null from (select * from users)", "SELECT users"],
  ['insert into "votes" ("post_id") values (?)', "INSERT votes"],
  ["update `sessions` set ended_at = ?", "UPDATE sessions"],
  ["delete from attempts where key = ?", "DELETE attempts"],
  ["begin", "BEGIN"],
])("names %s by what it does", (text, summary) => {
  expect(summaryOf(text)).toBe(summary);
});
