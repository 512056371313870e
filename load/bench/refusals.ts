// Measures what it costs to refuse an operation that asks for too much or cannot be parsed: one client, one request after
// another.
import { signUp } from "../client.js";
import { startBuiltServer } from "../server-process.js";
import { median, quantile } from "../statistics.js";

const rounds = 200;
const server = await startBuiltServer();
const reader = await signUp(server.url, "10.2.0.1", "reader");

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
    const answer = await reader.send(query);
    latencies.push(answer.milliseconds);
    ({ code } = answer);
  }
  console.log(
    `${of.padEnd(32)} ${code.padEnd(22)} median ${median(latencies).toFixed(1).padStart(6)}   p99 ${quantile(latencies, 0.99).toFixed(1).padStart(6)}`,
  );
}
await server.end();
process.exit();
