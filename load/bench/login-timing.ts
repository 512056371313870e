// Compares 200 logins with a wrong password, of known and unknown email addresses in turn: their duration must not tell
// whether an account exists. Each account and address is tried once, so no limit on guessing applies.
import { clientOf, signUp } from "../client.js";
import { documents } from "../documents.js";
import { startServer } from "../server-process.js";
import { median } from "../statistics.js";

const pairs = 100;
const server = await startServer({ settings: { LOG_LEVEL: "warn" } });
const { url } = server;
let addresses = 0;
const newAddress = () => `10.0.${addresses >> 8}.${addresses++ & 255}`;

for (let index = 0; index < pairs; index += 1) await signUp(url, newAddress(), `known${index}`);

const figures = { known: [] as number[], unknown: [] as number[] };
for (let index = 0; index < pairs; index += 1) {
  // The order changes too, in case the second of two is always the faster.
  for (const kind of index % 2 === 0 ? (["known", "unknown"] as const) : (["unknown", "known"] as const)) {
    const input = { email: `${kind}${index}@example.com`, password: "a wrong password" };
    const { code, milliseconds } = await clientOf(url, newAddress()).send(documents.login, { input });
    if (code !== "INVALID_CREDENTIALS") throw new Error(`a wrong password was answered ${code}`);
    figures[kind].push(milliseconds);
  }
}
await server.end();

const [known, unknown] = [median(figures.known), median(figures.unknown)];
console.log(`known email:   median ${known.toFixed(2)} ms of ${pairs}`);
console.log(`unknown email: median ${unknown.toFixed(2)} ms of ${pairs}`);
console.log(`difference:    ${(Math.abs(known / unknown - 1) * 100).toFixed(1)} %`);
process.exit();
