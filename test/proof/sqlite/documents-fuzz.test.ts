import { describe, expect, test } from "vitest";

import { httpClient, socketClient } from "../../../load/soak/fuzz/clients.js";
import { fuzzedRequests } from "../../../load/soak/fuzz/documents.js";
import { randomOf } from "../../../src/cli/seed/random.js";
import { makeSchema } from "../../../src/graphql/schema.js";
import { startApi } from "../../support/api.js";
import { eventStream, openSocket, openStream } from "../../support/live.js";

// The command `npm run soak:documents` sends a hundred thousand.
const count = 400;
const schema = makeSchema();

test.each([
  ["HTTP", httpClient, 1],
  ["a socket", socketClient, 2],
] as const)("no document makes the server stumble, by %s", async (_way, clientOf, seed) => {
  const api = await startApi({ PUBLIC_READS: "true", MAX_MESSAGES_PER_SECOND: "100000" });
  const ada = await api.register();
  const next = fuzzedRequests(schema, randomOf(seed));
  const clients = [clientOf(api.url, () => undefined), clientOf(api.url, () => ada.token)];
  const faults: string[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    const request = next();
    const answer = await clients[sent % 2]!.send(request);
    faults.push(...answer.faults.map((fault) => `${fault}: ${JSON.stringify(request)}`));
  }
  for (const client of clients) client.close();
  expect(faults).toEqual([]);
  expect(api.logged().filter(({ level }) => level === "error")).toEqual([]);
});

describe("a document on which a validation rule fails", () => {
  // The rule looks at the root fields before it is known what the variables are.
  const query = "subscription ($s: Boolean!) { postEvents @skip(if: $s) { kind } }";
  const isClients = (errors: any) =>
    expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);

  test("is the client's mistake, by HTTP", async () => {
    const api = await startApi();
    const { status, body } = await api.send(query, { variables: { s: true } });
    expect(status).toBe(422);
    isClients(body.errors);
    expect(api.logged().filter(({ level }) => level === "error")).toEqual([]);
  });

  test("is the client's mistake, by a stream", async () => {
    const stream = await openStream(await startApi(), query, { accept: `${eventStream}, application/json` });
    expect(stream.status).toBe(200);
    await stream.ended;
    isClients(JSON.parse(stream.text()).errors);
  });

  test("is the client's mistake, by a socket", async () => {
    const api = await startApi({ PUBLIC_READS: "true" });
    const socket = await openSocket(api);
    socket.send({ type: "connection_init" });
    await socket.next();
    socket.subscribe("1", query, { s: true });
    const { type, payload } = await socket.next();
    expect(type).toBe("error");
    isClients(payload);
  });
});
