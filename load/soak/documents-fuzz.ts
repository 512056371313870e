// Tests that no document makes the server fail: nearly valid ones with mistakes and directives everywhere, by HTTP and
// by socket, signed in and not. It exits with 1 if one caused an internal error, a 5xx without Retry-After, or an
// answer after an operation's time limit.
//   npm run soak:documents -- --count 100000 --seed 1 --database postgresql://127.0.0.1:5432/postern
// Without --database it uses a SQLite file of its own.
import { join } from "node:path";

import { makeSchema } from "../../src/graphql/schema.js";
import { readArguments, readNumber } from "../arguments.js";
import { clientOf, signIn, signUp } from "../client.js";
import { documents } from "../documents.js";
import { randomOf } from "../../src/cli/seed/random.js";
import { temporaryFolder } from "../seeded-database.js";
import { countIn, listCounts } from "../statistics.js";
import { httpClient, socketClient } from "./fuzz/clients.js";
import { fuzzedRequests } from "./fuzz/documents.js";
import { serversInProcess } from "./server-in-process.js";

const values = readArguments({ count: "100000", seed: "1" }, ["database"]);
const count = readNumber("count", values.count, 1, 1e9);
const seed = readNumber("seed", values.seed, 0, 2 ** 32);

const { config, errors, start } = serversInProcess({
  DATABASE_URL: values.database ?? `sqlite:${join(temporaryFolder(), "fuzz.sqlite")}`,
  PUBLIC_READS: "true",
  TRUST_PROXY: "loopback",
  MAX_MESSAGES_PER_SECOND: "100000",
});
const { url, stop } = await start();
// The documents' wrong passwords count against another address. No document knows the password of this account, so none
// can change it or delete the account.
const address = "203.0.113.1";
const { email, password, ...user } = await signUp(url, address, `fuzz.${process.pid}`);
let { token } = user;
/** Signs in again if a document has ended the session. */
async function keepSignedIn(): Promise<void> {
  if ((await clientOf(url, address, token).send(documents.me)).code !== "ok")
    token = (await signIn(url, address, email, password)).token!;
}

const next = fuzzedRequests(makeSchema(), randomOf(seed));
// An operation's time limit, and the time that a busy machine needs to deliver its answer.
const latestMilliseconds = config.limits.operationTimeoutSeconds * 1000 + 1000;
const codes = new Map<string, number>();
const faults: string[] = [];
let [sent, slowest] = [0, 0];
await Promise.all(
  [httpClient, socketClient].flatMap((open) =>
    [() => undefined, () => token].map(async (tokenOf) => {
      const client = open(url, tokenOf);
      while (sent < count) {
        // A check after each document would take as much time as the document.
        if (sent % 50 === 0) await keepSignedIn();
        sent += 1;
        const request = next();
        const started = performance.now();
        const answer = await client.send(request);
        const milliseconds = performance.now() - started;
        slowest = Math.max(slowest, milliseconds);
        const late = milliseconds > latestMilliseconds ? [`an answer after ${Math.round(milliseconds)} ms`] : [];
        for (const fault of [...answer.faults, ...late]) faults.push(`${fault}: ${JSON.stringify(request)}`);
        for (const code of new Set(answer.codes.length === 0 ? ["ok"] : answer.codes)) countIn(codes, code);
        if (sent % 10_000 === 0) console.error(`${sent} of ${count}`);
      }
      client.close();
    }),
  ),
);
await stop();

for (const fault of faults.slice(0, 20)) console.log(`WRONG ${fault}`);
for (const line of errors) console.log(`logged: ${line}`);
console.log(listCounts(codes));
console.log(`${count} documents, seed ${seed}: ${faults.length} faults; the slowest took ${Math.round(slowest)} ms`);
process.exit(faults.length === 0 ? 0 : 1);
