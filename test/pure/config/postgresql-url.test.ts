import { execFileSync } from "node:child_process";
import { chownSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { Sql } from "../../../src/database/sql.js";
import { entities } from "../../../src/graphql/schema.js";
import { postern } from "../../support/admin.js";
import { startApi } from "../../support/api.js";
import { newFolder } from "../../support/files.js";
import { createPost } from "../../support/posts.js";
import { newPostgresDatabase } from "../../support/postgres.js";
import { startPostgres, unprivileged, type PostgresServer } from "../../support/postgres-server.js";
import { runHere } from "../../support/process.js";
import { rows } from "../../support/rows.js";

const withParameters = (url: string, parameters: Readonly<Record<string, string>>): string => {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
};

/** Returns what a start, doctor and another command say of a URL, each different text once. */
async function refusalsOf(url: string): Promise<readonly string[]> {
  const folder = newFolder();
  const env = { DATABASE_URL: url, PORT: "0" };
  const start = await runHere("src/main.ts", folder, { env });
  const { json } = await postern(["doctor", "--json"], { folder, env });
  const seen = json.checks.find(({ name }: { name: string }) => name === "database");
  const users = await postern(["users", "list"], { folder, env });
  expect([start.code, seen.state, users.code]).toEqual([1, "problem", 1]);
  return [...new Set([start.err, `${seen.message}\n`, users.err])];
}

/** The one line that all of them say. */
const oneLine = (problem: string) => [
  expect.stringMatching(
    new RegExp(
      `^DATABASE_URL names a database that can't be used, .*: ${problem.replaceAll(/[()]/g, String.raw`\$&`)}.*\n$`,
    ),
  ),
];

test("a schema that doesn't exist is refused", async () => {
  const url = withParameters(await newPostgresDatabase(), { options: "-c search_path=app" });
  expect(await refusalsOf(url)).toEqual(oneLine("the schema of its search_path doesn't exist; create it first"));
});

test.each([
  { schema: "app", parameters: { options: "-c search_path=app" } },
  // First in the search_path that PostgreSQL has by itself.
  { schema: "postgres", parameters: {} },
])("the schema $schema holds the tables, whatever public has", async ({ schema, parameters }) => {
  const url = await newPostgresDatabase();
  const inPublic = await openDatabase(withParameters(url, { options: "-c search_path=public" }), entities);
  await rows(inPublic, `create schema ${schema}`);
  await inPublic.close(true);

  const api = await startApi({ DATABASE_URL: withParameters(url, parameters) });
  expect((await api.fetch("/readyz")).status).toBe(200);
  const ada = await api.register("Ada");
  await createPost(ada);
  const { database } = api.server;
  expect(await rows(database, `select count(*) as posts from ${schema}.posts`)).toEqual([{ posts: 1 }]);
  // Reading connections have their own options beside those of the URL.
  const { credentials, short, any } = await database.engine.openReadConnections(database, () => () => {});
  const shown = new Sql("select current_schema() as schema, current_setting('default_transaction_read_only') as alone");
  for (const connection of [credentials, ...short, ...any])
    expect(await connection.all(shown)).toEqual([{ schema, alone: "on" }]);
  await Promise.all([credentials, ...short, ...any].map((connection) => connection.close()));
});

test("a server without TLS is refused if TLS is required", async () => {
  const url = withParameters(await newPostgresDatabase(), { sslmode: "require" });
  expect(await refusalsOf(url)).toEqual(
    oneLine("it doesn't use TLS; turn TLS on there (ssl = on), or write sslmode=disable"),
  );
});

describe("TLS", () => {
  let folder: string;
  let server: PostgresServer;
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

  /** Makes a certificate for `names` that is valid until `end`, from the authority `from`. */
  function makeCertificate(name: string, from: string, names: string, end = "20991231235959Z"): void {
    writeFileSync(join(folder, `${name}.txt`), "");
    writeFileSync(
      join(folder, `${name}.cnf`),
      `[ca]\ndefault_ca = own\n[own]\ndatabase = ${name}.txt\nrand_serial = yes\nnew_certs_dir = .\n` +
        `default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n[names]\nsubjectAltName = ${names}\n`,
    );
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`];
    openssl("req", ...key, "-subj", `/CN=${name}`, "-out", `${name}.csr`);
    const signing = ["-cert", `${from}.crt`, "-keyfile", `${from}.key`, "-extensions", "names"];
    const dates = ["-startdate", "20200101000000Z", "-enddate", end];
    openssl(
      "ca",
      "-batch",
      "-config",
      `${name}.cnf`,
      ...signing,
      ...dates,
      "-in",
      `${name}.csr`,
      "-out",
      `${name}.crt`,
    );
  }

  function makeAuthority(name: string): void {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`];
    openssl("req", "-x509", ...key, "-subj", `/CN=${name}`, "-days", "3650", "-out", `${name}.crt`);
  }

  /** Has the server use a certificate from its next start on. */
  function install(name: string): void {
    for (const kind of ["crt", "key"]) {
      const file = join(folder, `server.${kind}`);
      copyFileSync(join(folder, `${name}.${kind}`), file);
      if (unprivileged.uid !== undefined) chownSync(file, unprivileged.uid, unprivileged.gid);
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "postern-test-tls-"));
    if (unprivileged.uid !== undefined) chownSync(folder, unprivileged.uid, unprivileged.gid);
    makeAuthority("authority");
    makeAuthority("stranger");
    makeCertificate("good", "authority", "DNS:localhost,IP:127.0.0.1");
    makeCertificate("elsewhere", "authority", "DNS:db.example.com");
    makeCertificate("expired", "authority", "DNS:localhost,IP:127.0.0.1", "20210101000000Z");
    makeCertificate("strange", "stranger", "DNS:localhost,IP:127.0.0.1");
    install("good");
    server = await startPostgres({
      ssl: "on",
      ssl_cert_file: join(folder, "server.crt"),
      ssl_key_file: join(folder, "server.key"),
    });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const urlWith = (sslmode: string, parameters: Readonly<Record<string, string>> = {}) =>
    withParameters(server.url, { sslmode, ...parameters });
  const known = () => ({ sslrootcert: join(folder, "authority.crt") });

  test.each(["require", "verify-ca", "verify-full"])(
    "%s takes a good certificate of an authority that it is told of",
    async (mode) => {
      for (const host of ["127.0.0.1", "localhost"]) {
        const url = urlWith(mode, known()).replace("@127.0.0.1:", `@${host}:`);
        const database = await openDatabase(url, entities);
        expect(await rows(database, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")).toEqual([
          { ssl: true },
        ]);
        await database.close(true);
      }
      expect(await refusalsOf(urlWith(mode))).toEqual(
        oneLine("its certificate is from an unknown authority; write sslrootcert=FILE"),
      );
    },
  );

  test("no-verify encrypts without verifying the certificate", async () => {
    const database = await openDatabase(urlWith("no-verify"), entities);
    expect(await rows(database, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")).toEqual([{ ssl: true }]);
    await database.close(true);
  });

  test.each([
    ["elsewhere", "its certificate is for another host; write a name that the certificate has"],
    ["expired", "its certificate has expired; renew it there"],
    ["strange", "its certificate is from an unknown authority"],
  ])("verify-full refuses the certificate %s", async (name, problem) => {
    await server.halt("fast");
    install(name);
    await server.start();
    expect(await refusalsOf(urlWith("verify-full", known()))).toEqual(oneLine(problem));
  });
});
