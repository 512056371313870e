import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

const clients = ["apollo-client", "fetch", "graphql-request", "relay", "urql"];
const readDocs = (name: string) => readFileSync(`docs/clients/${name}`, "utf8");

test.each(clients)("the page of %s shows the tested file word for word, in at most 15 lines", (client) => {
  const file = readDocs(`${client}.ts`);
  expect(file.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
  expect(readDocs(`${client}.md`)).toContain(`\n\`\`\`ts\n${file}\`\`\`\n`);
});

test("the page of React Native shows the tested file word for word", () => {
  expect(readDocs("react-native.md")).toContain(`\n\`\`\`ts\n${readDocs("react-native.ts")}\`\`\`\n`);
});

test.each([
  { client: "apollo-client", installed: ["@apollo/client", "apollo-client-3"] },
  { client: "codegen", installed: ["@graphql-codegen/client-preset"] },
  { client: "graphql-request", installed: ["graphql-request"] },
  { client: "live", installed: ["graphql-ws", "graphql-sse", "@apollo/client"] },
  { client: "relay", installed: ["relay-runtime", "relay-compiler"] },
  { client: "urql", installed: ["@urql/core"] },
])("the page of $client names the tested versions", ({ client, installed }) => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  for (const name of installed) {
    const [minor] = /^\d+\.\d+/.exec(packages[`node_modules/${name}`].version)!;
    for (const page of [`${client}.md`, ...(["codegen", "live"].includes(client) ? [] : ["README.md"])])
      expect(readDocs(page)).toMatch(new RegExp(`\\b${minor}\\b`));
  }
});
