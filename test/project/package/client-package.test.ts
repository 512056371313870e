import { execFile, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { packClient } from "../../../scripts/client-package.js";
import { startApi } from "../../support/api.js";
import { newFolder } from "../../support/files.js";

/** An empty project of an application that has installed `postern-client`. */
function installed() {
  const folder = newFolder();
  const tarball = packClient(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const args = ["install", "--offline", "--no-audit", "--no-fund", `./${basename(tarball)}`];
  const { status, stderr } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return { folder, tarball };
}

test("is a few kilobytes without a dependency, and has all entries of postern/client", () => {
  const { folder, tarball } = installed();
  expect(statSync(tarball).size).toBeLessThan(16 * 1024);
  expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["postern-client"]);

  const readJson = (file: string) => JSON.parse(readFileSync(file, "utf8"));
  const { version, dependencies, exports } = readJson(join(folder, "node_modules/postern-client/package.json"));
  const server = readJson("package.json");
  expect(version).toBe(server.version);
  expect(dependencies).toBeUndefined();
  const entries = Object.keys(server.exports).filter((entry) => entry.startsWith("./client"));
  expect(entries).not.toEqual([]);
  expect(Object.keys(exports)).toEqual([...entries.map((entry) => entry.replace("./client", ".")), "./package.json"]);

  const publint = spawnSync("node_modules/.bin/publint", [tarball, "--strict"], { encoding: "utf8" });
  expect(publint).toMatchObject({ status: 0, stdout: expect.stringContaining("All good") });
});

test("keeps a session with a server, in a project that has nothing else", async () => {
  const { folder } = installed();
  const api = await startApi();
  const ada = await api.register("Ada");
  writeFileSync(
    join(folder, "app.js"),
    `import { createSession, webStore } from "postern-client";
    const [url, refreshToken] = process.argv.slice(2);
    const session = createSession({ url, store: webStore() });
    await session.signIn({ accessToken: "", refreshToken, expiresIn: 0 });
    const headers = { "content-type": "application/json" };
    const answer = await session.fetch(url, { method: "POST", headers, body: '{"query":"{ me { name } }"}' });
    console.log(await answer.text());`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ["app.js", api.url, ada.refreshToken], {
    cwd: folder,
  });
  expect(JSON.parse(stdout)).toEqual({ data: { me: { name: "Ada" } } });
});

test("has the types that an application compiles with", () => {
  const { folder } = installed();
  for (const name of ["@apollo", "@urql", "@wry", "@graphql-typed-document-node", "graphql", "graphql-ws", "rxjs"])
    symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name), "junction");
  const clients = ["apollo-client.ts", "urql.ts"];
  for (const client of clients) {
    const text = readFileSync(`docs/clients/${client}`, "utf8");
    writeFileSync(join(folder, client), text.replaceAll('"postern/client', '"postern-client'));
  }
  const app = `import { createLiveClient } from "postern-client/live";
    import { createClient } from "./urql.js";
    const { session } = createClient({ url: "/graphql" });
    export const live = createLiveClient({ session });
    // @ts-expect-error
    void session.signIn({ accessToken: "" });`;
  writeFileSync(join(folder, "app.ts"), app);
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    module: "NodeNext",
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts", ...clients] }));
  const tsc = resolve("node_modules/typescript/bin/tsc");
  expect(spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" }).stdout).toBe("");
});
