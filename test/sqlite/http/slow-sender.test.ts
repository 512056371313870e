import { once } from "node:events";
import { connect } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import type { SenderTimeouts } from "../../../src/server/connection/http-server.js";
import { startApi } from "../../support/api.js";
import { startSmallServer } from "../../support/small-server.js";

const never = 60_000;

/** A server with these time limits, and its port. */
const serve = async (timeouts: SenderTimeouts) => startSmallServer(await startApi(), { timeouts });

/** Sends bytes and then nothing more, and returns the answer. */
async function toldAfter(bytes: string, timeouts: SenderTimeouts): Promise<string> {
  const { port } = await serve(timeouts);
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}

const head = "POST /graphql HTTP/1.1\r\nhost: x\r\n";

test.each([
  { of: "headers", bytes: head, timeouts: { headers: 1, request: never, checkEvery: 1 } },
  {
    of: "a body",
    bytes: `${head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    // Node takes the shorter of the two for the headers, whichever it is.
    timeouts: { headers: 100, request: 100, checkEvery: 1 },
  },
])("answers clients that take too long to send $of with 408, as JSON", async ({ bytes, timeouts }) => {
  const [lines, body] = (await toldAfter(bytes, timeouts)).split("\r\n\r\n");
  expect(lines).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(lines).toContain("content-type: application/json; charset=utf-8");
  expect(JSON.parse(body!)).toEqual({
    errors: [{ message: "Request Timeout", extensions: { code: "BAD_REQUEST" } }],
  });
});

test("answers the last request before a stop with Connection: close, and begins no later one", async () => {
  const { http, port, logged } = await serve({ headers: never, request: never, checkEvery: never });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  const body = JSON.stringify({ query: "{ __typename }" });
  const request = `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  // The server waits for the second one's body when it is told to stop.
  socket.write(request);
  await once(http.server, "request");
  socket.write(body + request);
  await once(http.server, "request");
  const stopped = http.close();
  socket.write(body + request + body);
  await Promise.all([stopped, once(socket, "close")]);
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(answer.toLowerCase().match(/connection: [\w-]+/g)).toEqual(["connection: keep-alive", "connection: close"]);
  expect(logged.filter((line) => line.includes('"msg":"request"'))).toHaveLength(2);
});

test("doesn't wait for a client that keeps its connection open after its last answer", async () => {
  const { http, port } = await serve({ headers: never, request: never, checkEvery: never });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const body = JSON.stringify({ query: "{ __typename }" });
  socket.resume().write(`${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`);
  await once(http.server, "request");
  const stopped = http.close();
  socket.write(body);
  await stopped;
  expect(http.server.listening).toBe(false);
});
