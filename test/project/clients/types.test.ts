import { spawnSync } from "node:child_process";
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { expect, test } from "vitest";

import { generateTypes } from "../../../scripts/codegen.js";
import { newFolder } from "../../support/files.js";

const documents = {
  logIn: `mutation LogIn($input: LoginInput!) { login(input: $input) { accessToken refreshToken expiresIn } }`,
  titles: `query Titles($first: Int!) { posts(first: $first) { nodes { title publishedAt author { email } } } }`,
};

const app = `
import { createClient as createApollo } from "./clients/apollo-client";
import { createClient as createFetch } from "./clients/fetch";
import { createClient as createRequest } from "./clients/graphql-request";
import { createEnvironment } from "./clients/relay";
import { createClient as createUrql } from "./clients/urql";
import { graphql } from "./gql";
import { webStore } from "postern/client";

const logIn = graphql(\`${documents.logIn}\`);
const titles = graphql(\`${documents.titles}\`);
const input = { email: "ada@example.com", password: "correct horse battery" };
const onSignedOut = () => {};
type Shown = { title: string; publishedAt: string | null; author: { email: string | null } };

const apollo = createApollo({ url: "/graphql", onSignedOut });
const byApollo = await apollo.client.mutate({ mutation: logIn, variables: { input } });
if (byApollo.data) apollo.session.signIn(byApollo.data.login);
const read = await apollo.client.query({ query: titles, variables: { first: 5 } });
read.data?.posts.nodes satisfies Shown[] | undefined;

const urql = createUrql({ url: "/graphql", onSignedOut });
const byUrql = await urql.client.mutation(logIn, { input });
if (byUrql.data) urql.session.signIn(byUrql.data.login);
(await urql.client.query(titles, { first: 5 })).data?.posts.nodes satisfies Shown[] | undefined;

const request = createRequest({ url: "/graphql", onSignedOut });
request.session.signIn((await request.client.request(logIn, { input })).login);
(await request.client.request(titles, { first: 5 })).posts.nodes satisfies Shown[];

const plain = createFetch({ url: "/graphql", onSignedOut });
(await plain.request<{ me: { name: string } }>("{ me { name } }")).me.name satisfies string;

createEnvironment({ url: "/graphql", onSignedOut, store: webStore() }).session.signOut();
`;

/** Compiles an application of these clients, for a browser and with common settings, and returns the errors. */
async function compile(source: string, paths: Record<string, string[]> = {}) {
  const folder = newFolder();
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
  cpSync("docs/clients", join(folder, "clients"), { recursive: true });
  await generateTypes(join(folder, "gql"), Object.values(documents));
  writeFileSync(join(folder, "app.ts"), source);
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    module: "ESNext",
    moduleResolution: "bundler",
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    // The package's own sources, so that they are compiled as a browser's.
    paths: {
      "postern/client": [resolve("src/client/index.ts")],
      "postern/client/*": [resolve("src/client/*.ts")],
      ...paths,
    },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
  return spawnSync(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", folder], { encoding: "utf8" })
    .stdout;
}

test.each([
  { version: "4", paths: {}, own: "CombinedGraphQLErrors" },
  { version: "3.14", paths: { "@apollo/client/*": ["./node_modules/apollo-client-3/*"] }, own: "ApolloError" },
])("an application with typed documents and Apollo Client $version compiles", async ({ paths, own }) => {
  expect(await compile(`${app}export { ${own} } from "@apollo/client/core";`, paths)).toBe("");
});

test("a field that wasn't selected, a forgotten null and a variable of another type don't compile", async () => {
  const said = await compile(`${app}
    read.data?.posts.nodes[0]?.content;
    read.data?.posts.nodes[0]?.author.email.length;
    void urql.client.query(titles, { first: "5" });
  `);
  expect(said.match(/error .+/g)).toEqual([
    expect.stringContaining("'content' does not exist"),
    expect.stringContaining("possibly 'null'"),
    expect.stringContaining("'string' is not assignable to type 'number'"),
  ]);
});

test("a field that the schema doesn't have gets no types", async () => {
  await expect(generateTypes(join(newFolder(), "gql"), ["query Wrong { me { nickname } }"])).rejects.toThrow(
    /nickname/,
  );
});
