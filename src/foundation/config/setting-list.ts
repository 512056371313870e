import { z } from "zod";

import { logLevels } from "../log.js";
import { poolers, defaultDatabaseUse } from "./database-use.js";
import { limitSettings } from "./limit-settings.js";
import {
  databaseUrl,
  documents,
  duration,
  flag,
  host,
  keyPairs,
  metrics,
  origins,
  port,
  proxies,
  secrets,
  text,
  whole,
} from "./setting-rules.js";

/** A token's `exp − iat` may not exceed a day, so no setting may ask for more. */
export const longestAccessTokenTtlSeconds = 24 * 60 * 60;
const longestDurationSeconds = 10 * 365 * 24 * 60 * 60;

const newSecret = "<the output of: openssl rand -hex 32>";

/** How a setting is read and what is said of it. */
export type Setting = {
  readonly rule: z.ZodType;
  /** Its value where it is not set. */
  readonly preset?: string;
  /** What docs/settings.md says in place of that. */
  readonly presetText?: string;
  /** What an error shows in place of the preset. */
  readonly example?: string;
  readonly description: string;
};

/** Each variable, with what docs/settings.md and .env.example say of it. Nothing else lists them. */
export const settings = {
  PORT: {
    rule: port,
    preset: "4000",
    description: "0 takes a free one",
  },
  HOST: {
    rule: host,
    example: "127.0.0.1",
    presetText: "`127.0.0.1`, in production `0.0.0.0`",
    description:
      "the address to listen on, or `unix:` and the path of a Unix socket, such as `unix:/run/postern/http.sock`, which `PORT` has no part in; see [running it](operations.md#a-unix-socket)",
  },
  WORKERS: {
    rule: whole(1, 256),
    preset: "1",
    example: "2",
    description: "how many processes serve the port; see [running it](operations.md)",
  },
  DATABASE_URL: {
    rule: databaseUrl,
    preset: "sqlite:./data/postern.sqlite",
    example: "sqlite:./data/postern.sqlite or DATABASE_URL=postgresql://user:password@localhost:5432/postern",
    description:
      "`sqlite:` and the path of a file, `sqlite::memory:` for a database that ends with the process, or a PostgreSQL URL such as `postgresql://user:password@localhost:5432/postern`, which may name several hosts (`@a:5432,b:5432/postern`): the first that takes writes is used",
  },
  DATABASE_CONNECTIONS: {
    rule: whole(5, 1000),
    preset: String(defaultDatabaseUse.connections),
    example: "5",
    description: "how many connections to PostgreSQL each process opens at most; see [scale](scale.md)",
  },
  DATABASE_POOLER: {
    rule: z.enum(poolers, `must be one of ${poolers.join(", ")}`),
    preset: defaultDatabaseUse.pooler,
    example: "transaction",
    description:
      "what stands before PostgreSQL: `none`; `transaction` for PgBouncer or the like that pools by transaction; `prepared` where that keeps prepared statements too. See [scale](scale.md)",
  },
  JWT_SECRET: {
    rule: secrets,
    example: newSecret,
    presetText: "outside production one is made and kept in `./data/jwt-secret`",
    description:
      "what tokens are signed with: 32 bytes at least, such as `openssl rand -hex 32` prints. Several are separated by commas, newest first: the first signs, all verify. Production does not start without it, nor with one that others can guess",
  },
  JWT_PRIVATE_KEY: {
    rule: keyPairs,
    example: "./keys/signing.pem",
    description:
      "a key pair in place of secrets, RSA of 2048 bits at least (RS256) or P-256 (ES256): PEM, or a PEM file's name. Several as above; older ones may be public keys alone",
  },
  ACCESS_TOKEN_TTL: {
    rule: duration(1, longestAccessTokenTtlSeconds, "between 1s and 24h"),
    preset: "30m",
    description: "how long an access token lives; `24h` at most",
  },
  REFRESH_TOKEN_TTL: {
    rule: duration(1, longestDurationSeconds, "between 1s and 3650d"),
    preset: "30d",
    description: "how long a session lives without being renewed",
  },
  SESSION_MAX_AGE: {
    rule: duration(1, longestDurationSeconds, "between 1s and 3650d"),
    preset: "90d",
    description: "how long a session lives at most",
  },
  REFRESH_GRACE: {
    rule: duration(0, 300, "between 0s and 5m"),
    preset: "10s",
    description: "how long after its first use a refresh token is still answered; `5m` at most",
  },
  CLOCK_TOLERANCE: {
    rule: duration(0, 60, "between 0s and 60s"),
    preset: "0s",
    example: "5s",
    description: "how long after `exp` a token is still taken; `60s` at most",
  },
  JWT_ISSUER: {
    rule: text,
    preset: "postern",
    example: "https://posts.example.com",
    description: "the `iss` of tokens: what they are made with, and must have",
  },
  JWT_AUDIENCE: {
    rule: text,
    preset: "postern",
    description: "the `aud` of tokens, in the same way",
  },
  PUBLIC_READS: {
    rule: flag,
    preset: "false",
    example: "true",
    description: "`true` lets callers without an Authorization header read published posts",
  },
  TRUST_PROXY: {
    rule: proxies,
    example: "10.0.0.0/8",
    description:
      "the proxies in front, whose `X-Forwarded-For` tells a client's address: addresses or networks (`10.0.0.0/8`), or `loopback`, `linklocal`, `uniquelocal`, or `unix` for whoever connects to a Unix socket, separated by commas",
  },
  CORS_ORIGINS: {
    rule: origins,
    example: "https://app.example.com",
    description:
      "the web origins whose pages may call, as browsers send them (`https://app.example.com`), separated by commas; `*` for all. Outside production the hosted Apollo Sandbox may too",
  },
  INTROSPECTION: {
    rule: flag,
    example: "false",
    presetText: "`true`, in production `false`",
    description: "whether clients may ask for the schema; where not, errors don't suggest names either",
  },
  EXPLORER: {
    rule: z.enum(["on", "off"], "must be on or off"),
    example: "off",
    presetText: "`on`, in production `off`",
    description: "whether a browser gets the [explorer](explorer.md) at `/`",
  },
  TRUSTED_DOCUMENTS: {
    rule: documents,
    example: "./persisted-documents.json",
    description:
      "a JSON file of documents by their ids, as Relay's compiler and graphql-codegen write it: only those run, by id (`documentId`, `doc_id`, `id`, or the hash of a persisted query) or by text",
  },
  LOG_LEVEL: {
    rule: z.enum(logLevels, `must be one of ${logLevels.join(", ")}`),
    preset: "info",
    description: "the least that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`",
  },
  LOG_ADDRESSES: {
    rule: flag,
    preset: "true",
    description: "whether lines of the log have the `address` of the client",
  },
  METRICS: {
    rule: metrics,
    preset: "off",
    example: "9464",
    description:
      "where Prometheus finds `/metrics`: `off` for nowhere, `on` for `PORT`, where everybody finds it who finds the endpoint, or a port of its own; see [running it](operations.md#metrics)",
  },
  TRACING: {
    rule: z.enum(["on", "off"], "must be on or off"),
    preset: "off",
    example: "on",
    description:
      "whether requests, operations and statements are traced by OpenTelemetry, whose SDK you bring; see [running it](operations.md#traces)",
  },
  EVENT_LOG_TTL: {
    rule: duration(1, 30 * 24 * 3600, "between 1s and 30d"),
    preset: "1d",
    description: "how long a client of `postEvents` may stay away and still be told what it has missed",
  },
  SHUTDOWN_DELAY: {
    rule: duration(0, 3600, "between 0s and 1h"),
    preset: "0s",
    example: "5s",
    description:
      "how long the server still takes requests once it was told to stop, while `/readyz` says so: what a load balancer takes to notice; `SHUTDOWN_GRACE` begins after it",
  },
  SHUTDOWN_GRACE: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "20s",
    description:
      "how long the server may take to stop; after four fifths of it connections are cut, and at its end the process is killed",
  },
  ...limitSettings,
} as const satisfies Record<string, Setting>;
