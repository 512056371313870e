import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { Client } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";

import { hostUrls } from "../../../src/foundation/config/postgresql-hosts.js";
import { readConfig } from "../../../src/foundation/config/read-config.js";
import { openDatabase } from "../../../src/database/database.js";
import { featuresWith } from "../../../src/graphql/schema.js";
import { testSecret } from "../../../src/testing/test-server.js";
import { postern } from "../../support/admin.js";
import { startApi, type Api } from "../../support/api.js";
import { newFolder } from "../../support/files.js";
import { startPostgres } from "../../support/postgres-server.js";

test.each([
  ["postgresql://u:p@a:5432,b:5433/db?x=1", ["postgresql://u:p@a:5432/db?x=1", "postgresql://u:p@b:5433/db?x=1"]],
  ["postgres://a,b/db", ["postgres://a/db", "postgres://b/db"]],
  ["postgresql://u:p,q@a/db", ["postgresql://u:p,q@a/db"]],
  ["postgresql://u:p,q@[::1]:1,[::2]/db", ["postgresql://u:p,q@[::1]:1/db", "postgresql://u:p,q@[::2]/db"]],
  ["postgresql://a/db?application_name=a,b", ["postgresql://a/db?application_name=a,b"]],
  ["sqlite:./a,b", ["sqlite:./a,b"]],
])("takes the hosts of %s apart", (url, urls) => {
  expect(hostUrls(url)).toEqual(urls);
});

test("a URL with several hosts is accepted, and one with an invalid host is rejected", () => {
  const read = (url: string) => readConfig({ DATABASE_URL: url, JWT_SECRET: testSecret }).config.databaseUrl;
  expect(read("postgresql://u:p@a:5432,b:5433/db")).toBe("postgresql://u:p@a:5432,b:5433/db");
  expect(() => read("postgresql://u:p@a:5432,b:port/db")).toThrow("DATABASE_URL");
});

/** Something that takes connections and never says anything. */
async function silentHost(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("two PostgreSQL servers", () => {
  const start = async () => {
    const postgres = await startPostgres({ wal_level: "replica" });
    onTestFinished(postgres.stop);
    const client = new Client(postgres.url);
    await client.connect();
    await client.query("alter role postgres password 'of several hosts'");
    await client.end();
    const url = Object.assign(new URL(postgres.url), { password: "of several hosts" }).href;
    return { ...postgres, url, host: new URL(url).host };
  };
  const urlOf = (...hosts: string[]) => `postgresql://postgres:of%20several%20hosts@${hosts.join(",")}/postgres`;
  const migrate = async (url: string) => (await openDatabase(url, featuresWith().entities)).close(true);
  const name = async (api: Api) => {
    const { status, body } = await api.send(
      'mutation { register(input: { name: "Ada", email: "ada@example.com", password: "correct horse battery" }) { accessToken } }',
    );
    return { status, code: body.errors?.[0]?.extensions["code"] };
  };
  const usersOn = async (url: string): Promise<number> => {
    const client = new Client(url);
    await client.connect();
    const { rows } = await client.query("select count(*)::int as count from users");
    await client.end();
    return rows[0].count;
  };

  test("the first host that accepts writes is used, and another one after it is lost", async () => {
    const [one, two] = await Promise.all([start(), start()]);
    await Promise.all([migrate(one.url), migrate(two.url)]);
    await one.halt("fast");
    await one.start("standby");
    const url = urlOf(await silentHost(), one.host, two.host);
    const api = await startApi({ DATABASE_URL: url });

    expect(await name(api)).toEqual({ status: 200, code: undefined });
    expect(await usersOn(two.url)).toBe(1);
    expect(await usersOn(one.url)).toBe(0);
    const { json } = await postern(["doctor", "--json"], { folder: newFolder(), env: { DATABASE_URL: url } });
    expect(json.checks.find((check: { name: string }) => check.name === "database")).toMatchObject({ state: "ok" });

    // Roles change.
    await two.halt("immediate");
    await one.halt("fast");
    await one.start("primary");
    await expect.poll(async () => (await name(api)).status, { timeout: 20_000 }).toBe(200);
    expect(await usersOn(one.url)).toBe(1);
    // Reads go there too: the account isn't known twice.
    expect(await name(api)).toMatchObject({ code: "CONFLICT" });
    await two.start("standby");
    expect(await name(api)).toMatchObject({ code: "CONFLICT" });
  });

  test("says that the database can only be read if no host accepts writes, and names all hosts", async () => {
    const one = await start();
    await migrate(one.url);
    await one.halt("fast");
    await one.start("standby");
    const url = urlOf("127.0.0.1:1", one.host);
    await expect(migrate(url)).rejects.toThrow(
      new RegExp(`postgres on 127\\.0\\.0\\.1:1, ${one.host} as postgres: it can only be read`),
    );
  });
});
