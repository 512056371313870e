// Whether a login's duration tells if an account exists: 200 logins with a wrong password, for known and unknown
// emails in turn. Each account and address is tried once, so that no limit on guessing is met.
import { ask, median, startServerProcess } from "./support.js";

const pairs = 100;
const server = await startServerProcess({ TRUST_PROXY: "loopback" });
const register = `mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }`;
const login = `mutation ($input: LoginInput!) { login(input: $input) { user { id } } }`;
let hosts = 0;
const newAddress = () => ({ "x-forwarded-for": `10.${(hosts >> 16) & 255}.${(hosts >> 8) & 255}.${hosts++ & 255}` });

for (let index = 0; index < pairs; index += 1) {
  const input = { email: `known${index}@example.com`, name: "Known", password: "a long password" };
  await ask(server.url, register, { input }, newAddress());
}

const figures = { known: [] as number[], unknown: [] as number[] };
for (let index = 0; index < pairs; index += 1) {
  // The order changes too, in case the second of two is always the faster.
  for (const kind of index % 2 === 0 ? (["known", "unknown"] as const) : (["unknown", "known"] as const)) {
    const input = { email: `${kind}${index}@example.com`, password: "a wrong password" };
    const { body, milliseconds } = await ask(server.url, login, { input }, newAddress());
    if (body.errors?.[0]?.extensions.code !== "INVALID_CREDENTIALS") throw new Error(JSON.stringify(body));
    figures[kind].push(milliseconds);
  }
}
await server.stop();

const [known, unknown] = [median(figures.known), median(figures.unknown)];
console.log(`known email:   median ${known.toFixed(2)} ms of ${pairs}`);
console.log(`unknown email: median ${unknown.toFixed(2)} ms of ${pairs}`);
console.log(`difference:    ${(Math.abs(known / unknown - 1) * 100).toFixed(1)} %`);
