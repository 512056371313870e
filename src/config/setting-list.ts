import { z } from "zod";

import { logLevels } from "../log.js";
import { documents, duration, flag, keyPairs, origins, port, proxies, secrets, text, whole } from "./setting-rules.js";

/** A token's `exp − iat` may not exceed a day, so no setting may ask for more. */
export const longestAccessTokenTtlSeconds = 24 * 60 * 60;
const longestDurationSeconds = 10 * 365 * 24 * 60 * 60;

const newSecret = "<the output of: openssl rand -hex 32>";

/**
 * Each variable with its rule, its value where it is not set, the example that an error shows, and what docs/settings.md
 * and .env.example say of it. This is the only place that lists them.
 */
export const settings = {
  PORT: {
    rule: port,
    preset: "4000",
    example: "4000",
    description: "0 takes a free one",
  },
  HOST: {
    rule: text,
    preset: undefined,
    example: "127.0.0.1",
    presetText: "`127.0.0.1`, in production `0.0.0.0`",
    description: "the address to listen on",
  },
  DATABASE_URL: {
    rule: z.string().regex(/^sqlite:./, "must be sqlite: and a file's path"),
    preset: "sqlite:./data/postern.sqlite",
    example: "sqlite:./data/postern.sqlite",
    description: "`sqlite:` and the path of a file, or `sqlite::memory:` for a database that ends with the process",
  },
  JWT_SECRET: {
    rule: secrets,
    preset: undefined,
    example: newSecret,
    presetText: "outside production one is made and kept in `./data/jwt-secret`",
    description:
      "what tokens are signed with: 32 bytes at least, such as `openssl rand -hex 32` prints. Several are separated by commas, newest first: the first signs, all verify. Production does not start without it, nor with one that others can guess",
  },
  JWT_PRIVATE_KEY: {
    rule: keyPairs,
    preset: undefined,
    example: "./keys/signing.pem",
    description:
      "a key pair in place of secrets, RSA of 2048 bits at least (RS256) or P-256 (ES256): PEM, or a PEM file's name. Several as above; older ones may be public keys alone",
  },
  ACCESS_TOKEN_TTL: {
    rule: duration(1, longestAccessTokenTtlSeconds, "between 1s and 24h"),
    preset: "30m",
    example: "30m",
    description: "how long an access token lives; `24h` at most",
  },
  REFRESH_TOKEN_TTL: {
    rule: duration(1, longestDurationSeconds, "between 1s and 3650d"),
    preset: "30d",
    example: "30d",
    description: "how long a session lives without being renewed",
  },
  SESSION_MAX_AGE: {
    rule: duration(1, longestDurationSeconds, "between 1s and 3650d"),
    preset: "90d",
    example: "90d",
    description: "how long a session lives at most",
  },
  REFRESH_GRACE: {
    rule: duration(0, 300, "between 0s and 5m"),
    preset: "10s",
    example: "10s",
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
    example: "postern",
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
    preset: undefined,
    example: "10.0.0.0/8",
    description:
      "the proxies in front, whose `X-Forwarded-For` tells a client's address: addresses or networks (`10.0.0.0/8`), or `loopback`, `linklocal`, `uniquelocal`, separated by commas",
  },
  CORS_ORIGINS: {
    rule: origins,
    preset: undefined,
    example: "https://app.example.com",
    description:
      "the web origins whose pages may call, as browsers send them (`https://app.example.com`), separated by commas; `*` for all. Outside production the hosted Apollo Sandbox may too",
  },
  INTROSPECTION: {
    rule: flag,
    preset: undefined,
    example: "false",
    presetText: "`true`, in production `false`",
    description: "whether clients may ask for the schema; where not, errors don't suggest names either",
  },
  TRUSTED_DOCUMENTS: {
    rule: documents,
    preset: undefined,
    example: "./persisted-documents.json",
    description:
      "a JSON file of documents by their ids, as Relay's compiler and graphql-codegen write it: only those run, by id (`documentId`, `doc_id`, `id`, or the hash of a persisted query) or by text",
  },
  LOG_LEVEL: {
    rule: z.enum(logLevels, `must be one of ${logLevels.join(", ")}`),
    preset: "info",
    example: "info",
    description: "the least that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`",
  },
  SHUTDOWN_GRACE: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "20s",
    example: "20s",
    description:
      "how long the server may take to stop; after four fifths of it connections are cut, and at its end the process is killed",
  },
  OPERATION_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "10s",
    example: "10s",
    description:
      "how long an operation may take before it is answered `TIMEOUT`; what it was reading is interrupted, what it was to write is not written, and a commit is never cut",
  },
  HEADERS_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "10s",
    example: "10s",
    description: "how long a client may take to send a request's headers",
  },
  REQUEST_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "30s",
    example: "30s",
    description: "how long it may take to send a request as a whole",
  },
  SEND_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "30s",
    example: "30s",
    description: "how long a client may take nothing of its answer before its connection is closed",
  },
  MAX_CONNECTIONS: {
    rule: whole(1, 1_000_000),
    preset: "10000",
    example: "10000",
    description: "how many connections may be open at a time; one more is closed at once",
  },
  MAX_TOKENS: {
    rule: whole(10, 100_000),
    preset: "1000",
    example: "1000",
    description: "how many tokens a document may have",
  },
  MAX_DEPTH: {
    rule: whole(1, 100),
    preset: "10",
    example: "10",
    description: "how many levels of fields; introspection may have 20 of its own",
  },
  MAX_ALIASES: {
    rule: whole(0, 10_000),
    preset: "15",
    example: "15",
    description: "how many aliases, those of `__typename` too, and of a fragment once for each use",
  },
  MAX_DIRECTIVES: {
    rule: whole(0, 10_000),
    preset: "50",
    example: "50",
    description: "how many directives",
  },
  MAX_COST: {
    rule: whole(1, 1_000_000),
    preset: "5000",
    example: "5000",
    description:
      "how many objects an answer may hold at most: each page counts as many times as what it stands in, and `first` or `last` says how large it is",
  },
  MAX_URL_LENGTH: {
    rule: whole(100, 12_000),
    preset: "8000",
    example: "8000",
    description: "how many characters a URL may have, which bounds queries by GET",
  },
  MAX_BODY_BYTES: {
    rule: whole(1000, 100_000_000),
    preset: "1048576",
    example: "1048576",
    description: "how large a request's body may be",
  },
  MAX_BODY_BYTES_IN_FLIGHT: {
    rule: whole(100_000, 999_999_999),
    preset: "67108864",
    example: "67108864",
    description: "how many bytes all bodies together may have that are being read; one client may hold half of them",
  },
  MAX_ANSWER_BYTES: {
    rule: whole(10_000, 500_000_000),
    preset: "16777216",
    example: "16777216",
    description: "how large an answer may be; known before the contents are read",
  },
  MAX_ANSWER_BYTES_IN_FLIGHT: {
    rule: whole(100_000, 999_999_999),
    preset: "50331648",
    example: "50331648",
    description:
      "how many bytes all answers together may have that are made and sent; one client may hold half of them",
  },
  MAX_SLOW_READS: {
    rule: whole(4, 100_000),
    preset: "256",
    example: "256",
    description:
      "how many searches, counts and filters against the order may be under way or wait; of one user half as many. One more is answered `SERVICE_UNAVAILABLE`",
  },
} as const;
