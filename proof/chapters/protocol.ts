import { gzipSync } from "node:zlib";

import { register } from "../accounts.js";
import type { Chapter } from "../chapter.js";
import type { Recorder } from "../recorder.js";

const typename = JSON.stringify({ query: "{ __typename }" });
const json = ["Content-Type", "application/json"] as const;

const contentTypes = [
  "application/json",
  "application/json; charset=utf-8",
  'application/json; charset="UTF-8"',
  "application/json; charset=utf-16",
  "application/json; charset=latin1",
  "APPLICATION/JSON",
  "application/graphql",
  "application/graphql+json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  "text/json",
  "application/json, text/plain",
  "",
  "json",
];

const bodies: readonly (string | Buffer)[] = [
  "",
  " ",
  "{",
  "[]",
  "null",
  "1",
  '"text"',
  "{}",
  '{"query":1}',
  '{"query":null}',
  '{"query":"{ __typename }","variables":"{}"}',
  '{"query":"{ __typename }","operationName":1}',
  '{"query":"{ __typename }","operationName":""}',
  '{"query":"{ __typename }","operationName":null,"variables":null,"extensions":null}',
  '{"query":"{ __typename }","extensions":1}',
  '{"query":"{ __typename }","query":"{ again: __typename }"}',
  '{"query":"{ __typename }","__proto__":{"a":1}}',
  '{"query":"{ __typename }","constructor":{"prototype":1}}',
  '{"query":"{ __typename }","more":true}',
  `[${typename}]`,
  `[${typename},${typename}]`,
  `\uFEFF${typename}`,
  `${typename} trailing`,
  typename.replaceAll('"', "'"),
  '{"query":"\\ud800"}',
  '{"query":"\\u0000"}',
  '{"query":"{ __typename } # \\u00e9"}',
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from(typename, "utf16le"),
  `{"query":"{ __typename }","variables":${"[".repeat(70)}${"]".repeat(70)}}`,
  `{"query":"{ __typename }","variables":{"a":${"[".repeat(60)}${"]".repeat(60)}}}`,
  JSON.stringify({ query: "{ __typename }", variables: { a: Array.from({ length: 10_001 }, () => 1) } }),
  JSON.stringify({ query: "{ __typename }", variables: { a: Array.from({ length: 9000 }, () => 1) } }),
  JSON.stringify({ query: "{ __typename }", variables: { a: "x".repeat(1_000_000) } }),
];

async function askBodies(recorder: Recorder): Promise<void> {
  for (const type of contentTypes)
    for (const body of [typename, "query=%7B__typename%7D"])
      await recorder.ask({ method: "POST", path: "/graphql", headers: [["Content-Type", type]], body });
  await recorder.ask({ method: "POST", path: "/graphql", headers: [], body: typename });
  for (const body of bodies) await recorder.ask({ method: "POST", path: "/graphql", headers: [json], body });
  for (const encoding of ["gzip", "identity", "br", "nothing"])
    for (const body of [gzipSync(typename), Buffer.from(typename)])
      await recorder.ask({ method: "POST", path: "/graphql", headers: [json, ["Content-Encoding", encoding]], body });
  for (const expected of ["100-continue", "a miracle"])
    await recorder.ask({ method: "POST", path: "/graphql", headers: [json, ["Expect", expected]], body: typename });
}

async function askPaths(recorder: Recorder): Promise<void> {
  const paths = [
    "/graphql",
    "/graphql/",
    "/GRAPHQL",
    "/",
    "/nothing",
    "/graphql/x",
    "//graphql",
    "/healthz",
    "/readyz",
    "/metrics",
  ];
  const others = [
    "/.well-known/jwks.json",
    "/explorer/",
    "/explorer/nothing.js",
    "/favicon.ico",
    "/%",
    "/%00",
    "/../graphql",
  ];
  for (const path of [...paths, ...others])
    for (const method of ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
      await recorder.ask({ method, path, headers: [json], ...(method === "POST" && { body: typename }) });
  for (const path of ["/", "/graphql", "/healthz", "/nothing"])
    for (const accept of ["text/html", "application/json", "text/html,application/xhtml+xml,*/*;q=0.8"])
      await recorder.ask({ method: "GET", path, headers: [["Accept", accept]] });
}

async function askUrls(recorder: Recorder): Promise<void> {
  const query = "query=%7B__typename%7D";
  const searches = [
    "",
    "?",
    "?query",
    "?query=",
    `?${query}`,
    `?${query}&${query}`,
    `?${query}&variables=`,
    `?${query}&variables={`,
  ];
  const more = [
    `?${query}&variables=1`,
    `?${query}&variables=null`,
    `?${query}&operationName=`,
    `?${query}&extensions=%5B%5D`,
    `?${query}&more=1`,
  ];
  const odd = [
    "?query=%FF",
    "?query=%",
    "?query=mutation%7BlogoutEverywhere%7BendedSessions%7D%7D",
    "?query=subscription%7BpostEvents%7Bkind%7D%7D",
  ];
  for (const search of [
    ...searches,
    ...more,
    ...odd,
    `?${query}&x=${"x".repeat(7900)}`,
    `?${query}&x=${"x".repeat(8100)}`,
    `?${query}#x`,
  ])
    for (const method of ["GET", "HEAD", "POST"])
      await recorder.ask({ method, path: `/graphql${search}`, headers: [] });
}

async function askOrigins(recorder: Recorder, token: string): Promise<void> {
  const origins = [
    "https://app.example.com",
    "https://app.example.com:443",
    "http://app.example.com",
    "https://evil.example",
    "null",
    "",
    "https://studio.apollographql.com",
    "https://second.example",
  ];
  for (const origin of origins) {
    const headers = [["Origin", origin] as const];
    for (const query of ["{ __typename }", "{ me { id } }", "{"])
      for (const byGet of [true, false])
        await recorder.graphql({ query, byGet, headers, token: query === "{" ? undefined : token });
    for (const path of ["/graphql", "/healthz", "/nothing", "/metrics"])
      for (const method of ["POST", "DELETE"])
        await recorder.ask({
          method: "OPTIONS",
          path,
          headers: [
            ...headers,
            ["Access-Control-Request-Method", method],
            ["Access-Control-Request-Headers", "authorization, x-any"],
          ],
        });
  }
}

async function askHeaders(recorder: Recorder, token: string): Promise<void> {
  const ids = ["a-request-id", "x".repeat(300), "with blanks", "é", "", "a,b", "550e8400-e29b-41d4-a716-446655440000"];
  for (const id of ids) await recorder.graphql({ query: "{ me { id } }", headers: [["X-Request-Id", id]], token });
  const traces = ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "nonsense"];
  for (const trace of traces) await recorder.graphql({ query: "{ __typename }", headers: [["traceparent", trace]] });
  for (const count of [900, 1100])
    await recorder.graphql({
      query: "{ __typename }",
      headers: Array.from({ length: count }, () => ["a", "b"] as const),
    });
  for (const length of [10_000, 17_000])
    await recorder.graphql({ query: "{ __typename }", headers: [["X-Long", "x".repeat(length)]] });
  for (const address of ["nonsense", "::1", "10.0.0.1, 10.0.0.2", ""])
    await recorder.graphql({ query: "{ __typename }", address });
}

async function askBytes(recorder: Recorder): Promise<void> {
  const texts = [
    "nonsense\r\n\r\n",
    "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nConnection: close\r\n\r\n",
    "GET /graphql?query=%7B__typename%7D HTTP/1.0\r\n\r\n",
    "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    "GET /graphql HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
    "GET /graphql HTTP/9.9\r\nHost: a\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n",
    "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://a/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: a\r\nUpgrade: nonsense\r\nConnection: upgrade, close\r\n\r\n",
    "GET /nothing HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "GET /graphql HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "GET /graphql HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 7\r\n\r\n",
  ];
  for (const text of texts) await recorder.askRaw(text);
  // The end of a body that is too large may be sent into a connection that is already closed: only its head is sent.
  await recorder.askRaw(
    "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n",
  );
}

export const protocol: Chapter = {
  name: "protocol",
  settings: { METRICS: "on", CORS_ORIGINS: "https://app.example.com,https://second.example" },
  async run(recorder) {
    const ada = await register(recorder, "Ada");
    await askBodies(recorder);
    await askPaths(recorder);
    await askUrls(recorder);
    await askOrigins(recorder, ada.token);
    await askHeaders(recorder, ada.token);
    await askBytes(recorder);
  },
};
