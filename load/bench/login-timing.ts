// Compares 200 logins with a wrong password, of known and unknown email addresses in turn: their duration must not tell
// whether an account exists. Each account and address is tried once, so no limit on guessing applies.
import { clientOf, signUp } from "../client.js";
import { startBuiltServer } from "../server-process.js";
import { median } from "../statistics.js";

const pairs = 100;
const server = await startBuiltServer();
const login = `mutation ($input: LoginInput!) { login(input: $input) { user { id } } }`;
let hosts = 0;
const newAddress = () => `10.${(hosts >> 16) & 255}.${(hosts >> 8) & 255}.${hosts++ & 255}`;

for (let index = 0; index < pairs; index += 1) (await signUp(server.url, newAddress(), `known${index}`)).close();

const client = clientOf(server.url, newAddress());
const figures = { known: [] as number[], unknown: [] as number[] };
for (let index = 0; index < pairs; index += 1) {
  // The order changes too, in case the second of two is always the faster.
  for (const kind of index % 2 === 0 ? (["known", "unknown"] as const) : (["unknown", "known"] as const)) {
    const input = { email: `${kind}${index}@example.com`, password: "a wrong password" };
    const { code, milliseconds } = await client.send(login, { input }, { address: newAddress() });
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
