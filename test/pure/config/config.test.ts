import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { environmentExample, settingsPage } from "../../../src/foundation/config/settings-page.js";
import { readConfig } from "../../../src/foundation/config/read-config.js";
import { variables } from "../../../src/foundation/config/setting-reader.js";
import { ConfigError } from "../../../src/foundation/config/config.js";
import { secretKey } from "../../../src/foundation/config/signing-keys.js";
import { newFolder } from "../../support/files.js";
import { formatDuration, parseDurationSeconds } from "../../../src/foundation/config/duration.js";

const secret = "f3b1c5d7a9e80246f3b1c5d7a9e80246";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test("has a value for every setting that is not given", () => {
  expect(readConfig({})).toEqual({
    config: {
      production: false,
      port: 4000,
      host: "127.0.0.1",
      workers: 1,
      databaseUrl: "sqlite:./data/postern.sqlite",
      databaseUse: { connections: 13, pooler: "none" },
      signingKeys: undefined,
      sessionRules: {
        issuer: "postern",
        audience: "postern",
        accessTokenTtlSeconds: 30 * 60,
        clockToleranceSeconds: 0,
        refreshTokenTtlSeconds: 30 * 86_400,
        sessionMaxAgeSeconds: 90 * 86_400,
        refreshGraceSeconds: 10,
        sessionsOfUser: 100,
      },
      publicReads: false,
      trustProxy: undefined,
      corsOrigins: ["https://studio.apollographql.com"],
      introspection: true,
      explorer: true,
      logLevel: "info",
      logAddresses: true,
      metrics: "off",
      tracing: false,
      eventLogTtlSeconds: 86_400,
      shutdownDelaySeconds: 0,
      shutdownGraceSeconds: 20,
      limits: {
        tokens: 1000,
        depth: 10,
        aliases: 15,
        directives: 50,
        cost: 5000,
        operationTimeoutSeconds: 10,
        bodyBytes: 1_048_576,
        bodyBytesInFlight: 33_554_432,
        answerBytes: 16_777_216,
        answerBytesInFlight: 50_331_648,
        sendTimeoutSeconds: 30,
        slowReads: 256,
        sockets: 10_000,
        socketsOfUser: 50,
        postsPerHour: 600,
        operationsOfSocket: 20,
        messageBytes: 65_536,
        messagesPerSecond: 50,
        urlLength: 8000,
        connections: 10_000,
        headersTimeoutSeconds: 10,
        requestTimeoutSeconds: 30,
      },
    },
    warnings: [],
  });
});

test("docs/settings.md and .env.example are up to date (if not: npm run settings)", () => {
  const words = (text: string) => text.replaceAll(/[-\s]+/g, " ");
  expect(words(readFileSync("docs/settings.md", "utf8"))).toBe(words(settingsPage()));
  expect(readFileSync(".env.example", "utf8")).toBe(environmentExample());
});

test("warns of lines of .env that are not settings", () => {
  const { warnings } = readConfig({ JWT_SECRET: secret }, ["JWT_SECRET", "JWT_EXPIRES_IN", "DATABASE", "NODE_ENV"]);
  expect(warnings).toEqual([
    "JWT_EXPIRES_IN in .env is not a setting, and has no effect",
    "DATABASE in .env is not a setting, and has no effect",
  ]);
});

test.each([
  [
    { SESSION_MAX_AGE: "10d" },
    "SESSION_MAX_AGE must not be shorter than REFRESH_TOKEN_TTL, which is 30d, for example SESSION_MAX_AGE=30d",
  ],
  [
    { REFRESH_TOKEN_TTL: "5m" },
    "REFRESH_TOKEN_TTL must not be shorter than ACCESS_TOKEN_TTL, which is 30m, for example REFRESH_TOKEN_TTL=30m",
  ],
  [
    { ACCESS_TOKEN_TTL: "10m", REFRESH_TOKEN_TTL: "5m" },
    "ACCESS_TOKEN_TTL must not be longer than REFRESH_TOKEN_TTL, which is 5m, for example ACCESS_TOKEN_TTL=5m",
  ],
])("complains of the lifetime that was set, with one that would do: %o", (env, problem) => {
  expect(problemsOf(env)).toEqual([problem]);
});

test("listens on all addresses in production, if it has a secret", () => {
  const { config } = readConfig({ NODE_ENV: "production", JWT_SECRET: secret });
  expect(config).toMatchObject({ production: true, host: "0.0.0.0" });
  expect(config.signingKeys!.newest.id).toBe(secretKey(secret).id);
});

test("lists all problems at once: the variable, the problem and an example", () => {
  expect(
    problemsOf({ PORT: "http", ACCESS_TOKEN_TTL: "30", PUBLIC_READS: "yes", JWT_ISSUER: " ", JWT_SECRET: "short" }),
  ).toEqual([
    "JWT_SECRET needs at least 32 bytes in each secret, for example JWT_SECRET=<the output of: openssl rand -hex 32>",
    "ACCESS_TOKEN_TTL must be whole seconds, minutes, hours or days with their unit (s, m, h, d), for example ACCESS_TOKEN_TTL=30m",
    "PORT must be a whole number, for example PORT=4000",
    "JWT_ISSUER must not be empty, for example JWT_ISSUER=https://posts.example.com",
    "PUBLIC_READS must be true or false, for example PUBLIC_READS=true",
  ]);
});

test.each([
  { PORT: "65536" },
  { PORT: "-1" },
  { PORT: "4000 " },
  { DATABASE_URL: "mysql://localhost/posts" },
  { HOST: "unix:" },
  { HOST: "unix:run/http.sock" },
  { HOST: "unix:/run/" },
  { HOST: `unix:/${"x".repeat(110)}` },
  { TRUST_PROXY: "unix:/run/http.sock" },
  { DATABASE_URL: "sqlite:" },
  { DATABASE_URL: "sqlite:~/posts.sqlite" },
  { DATABASE_URL: "sqlite:$HOME/posts.sqlite" },
  { DATABASE_URL: "sqlite:./${NAME}.sqlite" },
  { ACCESS_TOKEN_TTL: "25h" },
  { ACCESS_TOKEN_TTL: "0s" },
  { ACCESS_TOKEN_TTL: "1.5h" },
  { ACCESS_TOKEN_TTL: "500ms" },
  { ACCESS_TOKEN_TTL: "2h", REFRESH_TOKEN_TTL: "1h" },
  { REFRESH_TOKEN_TTL: "91d" },
  { SESSION_MAX_AGE: "10d" },
  { CLOCK_TOLERANCE: "61s" },
  { LOG_LEVEL: "loud" },
  { INTROSPECTION: "off" },
  { CORS_ORIGINS: "app.example.com" },
  { CORS_ORIGINS: "https://app.example.com/" },
  { CORS_ORIGINS: "https://App.example.com" },
  { CORS_ORIGINS: "https://app.example.com:443" },
  { CORS_ORIGINS: "https://*.example.com" },
  { CORS_ORIGINS: "https://app.example.com,*" },
  { CORS_ORIGINS: "https://user@app.example.com" },
  { CORS_ORIGINS: "null" },
  { NODE_ENV: "Production" },
  { NODE_ENV: "prod" },
  { TRUST_PROXY: "1" },
  { TRUST_PROXY: "10.0.0.0/33" },
  { TRUST_PROXY: "0.0.0.0/0" },
  { TRUST_PROXY: "proxy.local" },
  { REFRESH_GRACE: "6m" },
  { JWT_SECRET: `${secret},${secret}` },
  { JWT_SECRET: `${secret},` },
])("refuses %o", (env: Record<string, string>) => {
  expect(problemsOf(env)).toHaveLength(1);
});

describe("a URL of PostgreSQL", () => {
  const pem = () => {
    const file = join(newFolder(), "no.pem");
    writeFileSync(file, "no certificate");
    return file;
  };

  test.each([
    ["postgresql://u:%zz@h/d", "has a % that begins no escape: write %25 for a percent sign"],
    ["postgresql://u:%ff@h/d", "has % escapes that are not UTF-8"],
    ["postgresql://u:p@h", "must name a database after the host and a slash"],
    ["postgresql://u:p@h/?sslmode=require", "must name a database after the host and a slash"],
    ["postgresql://h/d?host=a,b", "has a host that can't be used: it must be one host, or the folder of a Unix socket"],
    ["postgresql://u:p#a@h:x/d", "must be a URL; write % escapes"],
    ["postgresql://h/d?schema=app", "the parameter schema, which is unknown: write options=-c%20search_path=NAME"],
    ["postgresql://h/d?pgbouncer=true", "write DATABASE_POOLER=transaction instead"],
    ["postgresql://h/d?connect_timeout=5", "the parameter connect_timeout, which is unknown: leave it out"],
    ["postgresql://h/d?constructor=5", "the parameter constructor, which is unknown: leave it out"],
    ["postgresql://h/d?s3%20cret=5", "has a parameter, which is unknown: leave it out"],
    ["postgresql://h/d?sslmode=prefer", "must be disable, require, verify-full or no-verify"],
    ["postgresql://h/d?sslmode=require&sslmode=disable", "has the parameter sslmode twice"],
    ["postgresql://h/d?ssl=false", "must be true, or rather sslmode=require"],
    ["postgresql://h/d?statement_timeout=30s", "it must be milliseconds"],
    ["postgresql://h/d?sslrootcert=/nowhere.pem", "has a sslrootcert that can't be read (ENOENT)"],
    [() => `postgresql://h/d?sslrootcert=${pem()}`, "has a sslrootcert that holds no certificate in PEM"],
    [() => `postgresql://h/d?sslkey=${pem()}`, "needs sslcert and sslkey together"],
  ])("%s is refused in a line that says what to write", (url, problem) => {
    const problems = problemsOf({ DATABASE_URL: typeof url === "string" ? url : url() });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toMatch(/^DATABASE_URL .*, for example DATABASE_URL=.*postgresql:/);
    expect(problems[0]).not.toMatch(/s3|zz/);
  });

  test.each([
    "postgresql://h/d",
    "postgres://u:p%40%25@h:5433/d%20e?application_name=a",
    "postgresql:///d?host=/run/postgresql",
    "postgresql://u@%2Frun%2Fpostgresql/d",
    "postgresql://[::1]:5432/d?sslmode=verify-full",
    "postgresql://h/d?options=-c%20search_path=app&ssl=true",
  ])("%s can be tried", (url) => {
    expect(problemsOf({ DATABASE_URL: url })).toEqual([]);
  });
});

test.each([...variables, "NODE_ENV"])("treats an empty %s as not set, with a warning", (name) => {
  const { config, warnings } = readConfig({ [name]: "" });
  expect({ config, warnings }).toEqual({
    config: readConfig({}).config,
    warnings: [`${name} is empty, which counts as not set`],
  });
});

test("treats an empty key in production as not set", () => {
  const problem = expect.stringMatching(/^JWT_SECRET must be set in production, or JWT_PRIVATE_KEY/);
  expect(problemsOf({ NODE_ENV: "production", JWT_SECRET: "", JWT_PRIVATE_KEY: "" })).toEqual([problem]);
});

test("reads files with a byte order mark", () => {
  const folder = newFolder();
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const files = { pem: join(folder, "a.pem"), json: join(folder, "a.json") };
  writeFileSync(files.pem, `\uFEFF${key.export({ type: "pkcs8", format: "pem" }).toString()}`);
  writeFileSync(files.json, '\uFEFF{"id":"{ me { id } }"}');
  const { config } = readConfig({ JWT_PRIVATE_KEY: files.pem, TRUSTED_DOCUMENTS: files.json });
  expect(config.signingKeys!.newest.algorithm).toBe("ES256");
  expect(config.trustedDocuments).toEqual(new Map([["id", "{ me { id } }"]]));
});

test("never repeats a secret", () => {
  expect(problemsOf({ JWT_SECRET: "my own 31 byte secret, too short".slice(0, 31) }).join()).not.toContain("my own");
});

test("accepts origins by name, or all of them, and the hosted Sandbox outside production", () => {
  const corsOrigins = (env: Record<string, string>) => readConfig({ JWT_SECRET: secret, ...env }).config.corsOrigins;
  const CORS_ORIGINS = "https://app.example.com, http://localhost:5173,http://[::1]:8080";
  const listed = ["https://app.example.com", "http://localhost:5173", "http://[::1]:8080"];
  expect(corsOrigins({ CORS_ORIGINS, NODE_ENV: "production" })).toEqual(listed);
  expect(corsOrigins({ CORS_ORIGINS })).toEqual([...listed, "https://studio.apollographql.com"]);
  expect(corsOrigins({ CORS_ORIGINS: "*", NODE_ENV: "production" })).toEqual(["*"]);
  expect(corsOrigins({ NODE_ENV: "production" })).toEqual([]);
});

test("limits access tokens to one day", () => {
  expect(readConfig({ ACCESS_TOKEN_TTL: "24h" }).config.sessionRules.accessTokenTtlSeconds).toBe(86_400);
});

test("accepts several secrets, newest first, by their bytes", () => {
  const newer = ` ${secret}`;
  const { newest, byId } = readConfig({ JWT_SECRET: `${newer},${secret}` }).config.signingKeys!;
  expect(newest.id).toBe(secretKey(newer).id);
  expect([...byId.keys()]).toEqual([secretKey(newer).id, secretKey(secret).id]);
});

describe("in production", () => {
  const production = { NODE_ENV: "production" };

  test("does not start without a secret", () => {
    expect(problemsOf(production)).toEqual([expect.stringMatching(/^JWT_SECRET must be set in production/)]);
  });

  test.each([
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "a-string-secret-at-least-256-bits-long",
    "secret",
    "changeme",
    "secretsecretsecretsecretsecretsecret",
    "changeme-changeme-changeme-changeme!",
    "your-super-secret-jwt-key-change-this-in-production",
    "please_change_this_to_a_long_random_string_1234567890",
    "00000000000000000000000000000000",
    "abcabcabcabcabcabcabcabcabcabcabcabc",
  ])("refuses the secret %s", (guessable) => {
    expect(problemsOf({ ...production, JWT_SECRET: guessable })).toHaveLength(1);
    expect(problemsOf({ ...production, JWT_SECRET: `${secret},${guessable}` })).toHaveLength(1);
  });

  test.each([
    secret,
    "Zk3lq8Jv0XH2mYtR9wB5nD7sF1gP4cA6",
    "correct horse battery staple orange",
    "9".repeat(16) + secret,
  ])("takes the secret %s", (good) => expect(problemsOf({ ...production, JWT_SECRET: good })).toEqual([]));
});

test("warns of a guessable secret outside production", () => {
  const { warnings } = readConfig({ JWT_SECRET: "changeme".repeat(4) });
  expect(warnings).toEqual([expect.stringContaining("would be refused in production")]);
});

test("warns of a variable that looks like a misspelt setting, and of no other", () => {
  const { warnings } = readConfig({
    ACESS_TOKEN_TTL: "5m",
    TOKEN_ACCESS_TTL: "5m",
    JWT_SECRETS: secret,
    access_token_ttl: "5m",
    JWTSECRET: secret,
    POST: "1",
    HOSTS: "x",
    JWT_ALGORITHM: "HS256",
    npm_config_loglevel: "x",
  });
  expect(warnings).toEqual([
    "ACESS_TOKEN_TTL is not a setting; did you mean ACCESS_TOKEN_TTL?",
    "TOKEN_ACCESS_TTL is not a setting; did you mean ACCESS_TOKEN_TTL?",
    "JWT_SECRETS is not a setting; did you mean JWT_SECRET?",
    "access_token_ttl is not a setting; did you mean ACCESS_TOKEN_TTL?",
    "JWTSECRET is not a setting; did you mean JWT_SECRET?",
  ]);
});

test("reads durations with their unit, and writes them as short as possible", () => {
  expect(["90s", "30m", "12h", "90d", "0s"].map(parseDurationSeconds)).toEqual([90, 1800, 43_200, 7_776_000, 0]);
  expect(["30", "", "m", "-1m", "1 m", "1w", "1e3s", "9999999999s"].map(parseDurationSeconds)).toEqual(
    Array(8).fill(undefined),
  );
  expect([90, 1800, 43_200, 7_776_000, 0].map(formatDuration)).toEqual(["90s", "30m", "12h", "90d", "0s"]);
});

test("lets one client use the largest body and the largest response", () => {
  const { limits } = readConfig({
    JWT_SECRET: secret,
    MAX_BODY_BYTES: "50000000",
    MAX_ANSWER_BYTES: "30000000",
  }).config;
  expect(limits).toMatchObject({ bodyBytesInFlight: 100_000_000, answerBytesInFlight: 60_000_000 });
});
