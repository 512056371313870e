// Measures what logins cost readers: the latency of pages of posts, idle and while logins hash, in alternating rounds.
import { signUp } from "../client.js";
import { startBuiltServer } from "../server-process.js";
import { median, quantile } from "../statistics.js";

const readers = 4;
const loginsAtOnce = 4;
const rounds = 5;
const roundMilliseconds = 6000;

const server = await startBuiltServer();
const reader = await signUp(server.url, "10.2.0.1", "reader");
const credentials = { email: reader.email, password: reader.password };
const create = `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }`;
for (let index = 0; index < 200; index += 1)
  await reader.send(create, { input: { title: `Post ${index}`, content: "x".repeat(500) } });

const page = `{ posts(first: 20) { nodes { title author { name } } pageInfo { endCursor hasNextPage } } }`;
const login = `mutation ($input: LoginInput!) { login(input: $input) { expiresAt } }`;

async function measure(withLogins: boolean) {
  const end = performance.now() + roundMilliseconds;
  const latencies: number[] = [];
  let logins = 0;
  const loop = async (work: () => Promise<void>) => {
    while (performance.now() < end) await work();
  };
  await Promise.all([
    ...Array.from({ length: readers }, () =>
      loop(async () => void latencies.push((await reader.send(page)).milliseconds)),
    ),
    ...Array.from({ length: withLogins ? loginsAtOnce : 0 }, () =>
      loop(async () => {
        const { code } = await reader.send(login, { input: credentials });
        if (code !== "ok") throw new Error(`a login was answered ${code}`);
        logins += 1;
      }),
    ),
  ]);
  return { p50: median(latencies), p99: quantile(latencies, 0.99), reads: latencies.length, logins };
}

await measure(false);
const ratios: number[] = [];
for (let round = 1; round <= rounds; round += 1) {
  const idle = await measure(false);
  const busy = await measure(true);
  ratios.push(busy.p99 / idle.p99);
  const show = ({ p50, p99, reads }: typeof idle) => `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms of ${reads}`;
  console.log(
    `${round}. idle: ${show(idle)}   with ${busy.logins} logins: ${show(busy)}   ratio of p99 ${(busy.p99 / idle.p99).toFixed(2)}`,
  );
}
await server.end();
console.log(`median ratio of p99: ${median(ratios).toFixed(2)}`);
process.exit();
