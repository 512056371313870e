import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ask, end, failProcess, newFolder, startProcess } from "./support/process.js";

test("starts with nothing given, keeps what it makes in ./data, and says so in one line", async () => {
  const folder = newFolder();

  const running = await startProcess(folder);

  expect(running.ready).toEqual({
    msg: "ready",
    name: expect.stringMatching(/^postern \d/),
    node: process.versions.node,
    database: "sqlite:./data/postern.sqlite",
    readyMs: expect.any(Number),
    graphql: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/),
    accessTokenTtl: "30m",
    signingKey: "secret generated, kept in data/jwt-secret",
  });
  expect(statSync(join(folder, "data/jwt-secret")).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "data/postern.sqlite")).size).toBeGreaterThan(0);
  expect(await end(running, "SIGTERM")).toBe(0);
});

test("takes the tokens of before a restart, because its secret is kept", async () => {
  const folder = newFolder();
  const before = await startProcess(folder);
  const { data } = await ask(
    before.url,
    `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { accessToken } }`,
  );
  await end(before, "SIGINT");

  const after = await startProcess(folder);

  expect(after.ready["signingKey"]).toBe("secret generated earlier, read from data/jwt-secret");
  expect(await ask(after.url, "{ me { name } }", {}, data.register.accessToken)).toEqual({
    data: { me: { name: "A" } },
  });
});

test("reads .env, which the environment outweighs", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, ".env"), "ACCESS_TOKEN_TTL=7m\nREFRESH_TOKEN_TTL=8m\nPORT=x\n");
  const { ready } = await startProcess(folder, { PORT: "0", REFRESH_TOKEN_TTL: "9m" });
  expect(ready["accessTokenTtl"]).toBe("7m");
});

test("ends with 1 and a line per wrong setting, without a stack", async () => {
  const { code, out, err } = await failProcess(newFolder(), {
    PORT: "x",
    ACCESS_TOKEN_TTL: "30",
    NODE_ENV: "production",
  });
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^ACCESS_TOKEN_TTL must .*, for example ACCESS_TOKEN_TTL=30m$/),
    expect.stringMatching(/^JWT_SECRET must be set in production, for example /),
    expect.stringMatching(/^PORT must be a whole number, for example PORT=4000$/),
  ]);
});

test("ends with 1 and one line where the port is taken", async () => {
  const { ready } = await startProcess(newFolder());
  const { port } = new URL(ready["graphql"]);

  const { code, err } = await failProcess(newFolder(), { PORT: port });

  expect(code).toBe(1);
  expect(err).toBe(
    `Port ${port} on 127.0.0.1 is in use: stop what listens there, or set PORT to another, for example PORT=4001\n`,
  );
});

test("ends with 1 and one line where the database can't be opened", async () => {
  const folder = newFolder();
  const { code, err } = await failProcess(folder, { DATABASE_URL: `sqlite:${folder}` });
  expect(code).toBe(1);
  expect(err).toMatch(/^DATABASE_URL names a file that can't be opened.*\n$/);
});

test("lets two processes share a database and a secret from their first start on", async () => {
  const folder = newFolder();
  const [one, two] = await Promise.all([startProcess(folder), startProcess(folder)]);

  const { data } = await ask(
    one.url,
    `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { accessToken } }`,
  );

  expect(await ask(two.url, "{ me { name } }", {}, data.register.accessToken)).toEqual({ data: { me: { name: "A" } } });
});
