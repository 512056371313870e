// What it costs to refuse what is too much, or nothing that can be read: latencies of one client, one after the other.
import { ask, median, quantile, startServerProcess } from "./support.js";

const rounds = 200;
const server = await startServerProcess();
const { body } = await ask(
  server.url,
  `mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }`,
  { input: { email: "reader@example.com", name: "Reader", password: "a long password" } },
);
const authorization = { authorization: `Bearer ${body.data.register.accessToken}` };

const authors = (levels: number): string =>
  levels === 0 ? "id" : `author { posts(first: 100) { nodes { ${authors(levels - 1)} } } }`;
const doubling = Array.from(
  { length: 60 },
  (_, index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`,
);
const refused = {
  "100,000 tokens": `{ ${"me ".repeat(100_000)} }`,
  "nested 20,000 deep": "{a".repeat(20_000),
  "14 levels": `{ posts { nodes { ${authors(4)} } } }`,
  "a million objects": `{ posts(first: 100) { nodes { ${authors(2)} } } }`,
  "100 aliases": `{ ${Array.from({ length: 100 }, (_, index) => `a${index}: __typename`).join(" ")} }`,
  "fragments that double 60 times": `{ ...f0 } ${doubling.join(" ")} fragment f60 on Query { a: __typename }`,
  "300 fields that overlap": `{ ${"me { id name } ".repeat(190)} }`,
};

console.log(`${rounds} requests each; milliseconds`);
for (const [of, query] of Object.entries(refused)) {
  const latencies: number[] = [];
  let code = "";
  for (let round = 0; round < rounds; round += 1) {
    const answer = await ask(server.url, query, {}, authorization);
    latencies.push(answer.milliseconds);
    code = answer.body.errors?.[0]?.extensions.code ?? "answered";
  }
  console.log(
    `${of.padEnd(32)} ${code.padEnd(22)} median ${median(latencies).toFixed(1).padStart(6)}   p99 ${quantile(latencies, 0.99).toFixed(1).padStart(6)}`,
  );
}
await server.stop();
