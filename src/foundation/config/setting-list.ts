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

/** The longest lifetime of an access token: `exp − iat` may not exceed a day. */
export const longestAccessTokenTtlSeconds = 24 * 60 * 60;
const longestDurationSeconds = 10 * 365 * 24 * 60 * 60;

const newSecret = "<the output of: openssl rand -hex 32>";

/** How a setting is read and documented. */
export type Setting = {
  readonly rule: z.ZodType;
  /** The default, as text. */
  readonly preset?: string;
  /** The default in docs/settings.md, if it isn't a fixed text. */
  readonly presetText?: string;
  /** The example of an error, instead of the default. */
  readonly example?: string;
  readonly description: string;
};

/** All settings, with their texts for docs/settings.md and .env.example. */
export const settings = {
  PORT: {
    rule: port,
    preset: "4000",
    description: "the TCP port to listen on; 0 means any free port",
  },
  HOST: {
    rule: host,
    example: "127.0.0.1",
    presetText: "`127.0.0.1`, in production `0.0.0.0`",
    description:
      "the address to listen on, or `unix:` and the path of a Unix socket, such as `unix:/run/postern/http.sock`, for which `PORT` is not used; see [running it](operations.md#a-unix-socket)",
  },
  WORKERS: {
    rule: whole(1, 256),
    preset: "1",
    example: "2",
    description: "number of processes that serve the port; see [running it](operations.md)",
  },
  DATABASE_URL: {
    rule: databaseUrl,
    preset: "sqlite:./data/postern.sqlite",
    example: "sqlite:./data/postern.sqlite or DATABASE_URL=postgresql://user:password@localhost:5432/postern",
    description:
      "`sqlite:` and the path of a file, `sqlite::memory:` for a database that ends with the process, or a PostgreSQL URL such as `postgresql://user:password@localhost:5432/postern`, which may name several hosts (`@a:5432,b:5432/postern`): the first that accepts writes is used",
  },
  DATABASE_CONNECTIONS: {
    rule: whole(5, 1000),
    preset: String(defaultDatabaseUse.connections),
    example: "5",
    description: "maximum number of connections to PostgreSQL per process; see [scale](scale.md)",
  },
  DATABASE_POOLER: {
    rule: z.enum(poolers, `must be one of ${poolers.join(", ")}`),
    preset: defaultDatabaseUse.pooler,
    example: "transaction",
    description:
      "the pooler in front of PostgreSQL: `none`; `transaction` for PgBouncer or another one that pools by transaction; `prepared` if it also supports prepared statements. See [scale](scale.md)",
  },
  JWT_SECRET: {
    rule: secrets,
    example: newSecret,
    presetText: "outside production one is made and stored in `./data/jwt-secret`",
    description:
      "the secret that signs tokens: at least 32 bytes, such as `openssl rand -hex 32` prints. Several are separated by commas, newest first: the first signs, all verify. In production the server does not start without it, or with one that others can guess",
  },
  JWT_PRIVATE_KEY: {
    rule: keyPairs,
    example: "./keys/signing.pem",
    description:
      "a key pair instead of secrets, RSA of at least 2048 bits (RS256) or P-256 (ES256): PEM, or the name of a PEM file. Several are separated by commas, newest first; older ones may be public keys only",
  },
  ACCESS_TOKEN_TTL: {
    rule: duration(1, longestAccessTokenTtlSeconds, "between 1s and 24h"),
    preset: "30m",
    description: "lifetime of an access token; at most `24h`",
  },
  REFRESH_TOKEN_TTL: {
    rule: duration(1, longestDurationSeconds, "between 1s and 3650d"),
    preset: "30d",
    description: "lifetime of a session that is not refreshed",
  },
  SESSION_MAX_AGE: {
    rule: duration(1, longestDurationSeconds, "between 1s and 3650d"),
    preset: "90d",
    description: "maximum lifetime of a session",
  },
  REFRESH_GRACE: {
    rule: duration(0, 300, "between 0s and 5m"),
    preset: "10s",
    description: "how long a refresh token is still accepted after its first use; at most `5m`",
  },
  CLOCK_TOLERANCE: {
    rule: duration(0, 60, "between 0s and 60s"),
    preset: "0s",
    example: "5s",
    description: "how long a token is still accepted after its `exp`; at most `60s`",
  },
  JWT_ISSUER: {
    rule: text,
    preset: "postern",
    example: "https://posts.example.com",
    description: "the `iss` of tokens: issued ones have it, accepted ones must have it",
  },
  JWT_AUDIENCE: {
    rule: text,
    preset: "postern",
    description: "the `aud` of tokens, likewise",
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
      "the proxies in front, whose `X-Forwarded-For` names the client's address: addresses or networks (`10.0.0.0/8`), or `loopback`, `linklocal`, `uniquelocal`, or `unix` for connections to a Unix socket, separated by commas",
  },
  CORS_ORIGINS: {
    rule: origins,
    example: "https://app.example.com",
    description:
      "the web origins whose pages may send requests, as browsers write them (`https://app.example.com`), separated by commas; `*` for all. Outside production the hosted Apollo Sandbox and pages of this machine (`http://localhost:5173`) may as well",
  },
  INTROSPECTION: {
    rule: flag,
    example: "false",
    presetText: "`true`, in production `false`",
    description: "whether clients may read the schema; if not, errors don't suggest names either",
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
      "a JSON file of documents by their ids, as Relay's compiler and graphql-codegen write it. Only these run, by id (`documentId`, `doc_id`, `id`, or the hash of a persisted query) or by text",
  },
  LOG_LEVEL: {
    rule: z.enum(logLevels, `must be one of ${logLevels.join(", ")}`),
    preset: "info",
    description: "the lowest level that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`",
  },
  LOG_ADDRESSES: {
    rule: flag,
    preset: "true",
    description: "whether the log has the `address` of clients",
  },
  METRICS: {
    rule: metrics,
    preset: "off",
    example: "9464",
    description:
      "where `/metrics` for Prometheus is served: `off` for nowhere, `on` for `PORT`, where everybody who reaches the endpoint can read it, or a port of its own; see [running it](operations.md#metrics)",
  },
  TRACING: {
    rule: z.enum(["on", "off"], "must be on or off"),
    preset: "off",
    example: "on",
    description:
      "whether requests, operations and statements are traced by OpenTelemetry, whose SDK you install; see [running it](operations.md#traces)",
  },
  EVENT_LOG_TTL: {
    rule: duration(1, 30 * 24 * 3600, "between 1s and 30d"),
    preset: "1d",
    description: "how long a client of `postEvents` may stay away and still receive the events that it missed",
  },
  SHUTDOWN_DELAY: {
    rule: duration(0, 3600, "between 0s and 1h"),
    preset: "0s",
    example: "5s",
    description:
      "how long the server still accepts requests after it was told to stop, while `/readyz` fails: the time that a load balancer needs to notice; `SHUTDOWN_GRACE` starts after it",
  },
  SHUTDOWN_GRACE: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "20s",
    description:
      "how long the server may take to stop; connections are closed after four fifths of it, and the process is killed at its end",
  },
  ...limitSettings,
} as const satisfies Record<string, Setting>;
