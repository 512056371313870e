// Tests that no document makes the server fail: nearly valid ones with mistakes and directives everywhere, by HTTP and
// by socket, signed in and not. It exits with 1 if one caused an internal error, a 5xx without Retry-After, or an
// answer after an operation's time limit.
//   npm run soak:documents -- --count 100000 --seed 1 --database postgresql://127.0.0.1:5432/postern
// Without --database it uses a SQLite file of its own.
import { join } from "node:path";

import { makeSchema } from "../../src/graphql/schema.js";
import { httpClient, socketClient } from "./fuzz/clients.js";
import { fuzzedRequests } from "./fuzz/documents.js";
import { openFuzzServer } from "./fuzz/server.js";
import { readArguments, wholeNumber } from "../arguments.js";
import { randomOf } from "../random.js";
import { temporaryFolder } from "../seeded-database.js";

const values = readArguments({ count: "100000", seed: "1" }, ["database"]);
const [count, seed] = [wholeNumber("count", values.count, 1), wholeNumber("seed", values.seed, 0)];

const server = await openFuzzServer(values.database ?? `sqlite:${join(temporaryFolder(), "fuzz.sqlite")}`);
const next = fuzzedRequests(makeSchema(), randomOf(seed));
// An operation's time limit, and the time that a busy machine needs to deliver its answer.
const latestMilliseconds = server.operationTimeoutSeconds * 1000 + 1000;

const codes = new Map<string, number>();
const faults: string[] = [];
let sent = 0;
let slowest = 0;
const clients = [
  httpClient(server.url, () => undefined),
  httpClient(server.url, server.token),
  socketClient(server.url, () => undefined),
  socketClient(server.url, server.token),
];
await Promise.all(
  clients.map(async (client) => {
    while (sent < count) {
      sent += 1;
      const request = next();
      const started = performance.now();
      const answer = await client.send(request);
      const milliseconds = performance.now() - started;
      slowest = Math.max(slowest, milliseconds);
      const late = milliseconds > latestMilliseconds ? [`an answer after ${Math.round(milliseconds)} ms`] : [];
      for (const fault of [...answer.faults, ...late]) faults.push(`${fault}: ${JSON.stringify(request)}`);
      for (const code of new Set(answer.codes.length === 0 ? ["ok"] : answer.codes))
        codes.set(code, (codes.get(code) ?? 0) + 1);
      await server.keepSignedIn();
      if (sent % 10_000 === 0) console.error(`${sent} of ${count}`);
    }
    client.close();
  }),
);

for (const fault of faults.slice(0, 20)) console.log(`WRONG ${fault}`);
for (const line of server.incidents) console.log(`logged: ${line}`);
console.log(
  [...codes]
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, times]) => `${code} ${times}`)
    .join(", "),
);
console.log(
  `${count} documents, seed ${seed}: ${faults.length} faults; the slowest answer took ${Math.round(slowest)} ms`,
);
await server.close();
process.exit(faults.length === 0 ? 0 : 1);
