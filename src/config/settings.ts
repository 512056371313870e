import { z } from "zod";

import { isGuessableSecret } from "./guessable-secret.js";
import { logLevels, type LogLevel } from "../log.js";
import { keyringOf, secretKey, type Keyring } from "./signing-keys.js";
import { nearMiss } from "./near-miss.js";
import { documents, duration, flag, keyPairs, origins, port, proxies, secrets, text, whole } from "./setting-rules.js";

/** The settings of a server, checked. Durations are in seconds. */
export type Config = {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** `sqlite:<path>` or `sqlite::memory:`. */
  readonly databaseUrl: string;
  /** What tokens are signed and verified with. Undefined where a secret is to be made and kept. */
  readonly signingKeys: Keyring | undefined;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  readonly sessionMaxAgeSeconds: number;
  /** How long after its first use a refresh token is still answered. */
  readonly refreshGraceSeconds: number;
  readonly clockToleranceSeconds: number;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly publicReads: boolean;
  /** The proxies whose word on a client's address counts; undefined where the connection's own address does. */
  readonly trustProxy: readonly string[] | undefined;
  /** The web origins whose pages may call; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Whether the schema can be asked for, and wrong names are answered with right ones. */
  readonly introspection: boolean;
  /** The only documents that run; undefined where any may. */
  readonly trustedDocuments: ReadonlyMap<string, string> | undefined;
  readonly logLevel: LogLevel;
  /** How long the server may take to stop. */
  readonly shutdownGraceSeconds: number;
  readonly limits: Limits;
};

/** What a request may ask of the server; see the settings of these names. */
export type Limits = {
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly cost: number;
  readonly operationTimeoutSeconds: number;
  readonly bodyBytes: number;
  /** Of all bodies together that are being read, and of all answers that are being made and sent. */
  readonly bodyBytesInFlight: number;
  readonly answerBytes: number;
  readonly answerBytesInFlight: number;
  readonly sendTimeoutSeconds: number;
  /** Reads that may look at every post, waiting ones included. */
  readonly slowReads: number;
  readonly urlLength: number;
  readonly connections: number;
  readonly headersTimeoutSeconds: number;
  readonly requestTimeoutSeconds: number;
};

/** Settings that can't be used: one line each, naming the variable, what is wrong and an example; never the value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** A token's `exp − iat` may not exceed a day, so no setting may ask for more. */
export const longestAccessTokenTtlSeconds = 24 * 60 * 60;
const longestDurationSeconds = 10 * 365 * 24 * 60 * 60;

/** Where the hosted Apollo Sandbox calls from. */
const hostedSandbox = "https://studio.apollographql.com";

const newSecret = "<the output of: openssl rand -hex 32>";

/** Each variable with its rule, its value where it is not set, and the example that an error shows. */
const settings = {
  PORT: { rule: port, preset: "4000", example: "4000" },
  HOST: { rule: text, preset: undefined, example: "127.0.0.1" },
  DATABASE_URL: {
    rule: z.string().regex(/^sqlite:./, "must be sqlite: and a file's path"),
    preset: "sqlite:./data/postern.sqlite",
    example: "sqlite:./data/postern.sqlite",
  },
  JWT_SECRET: { rule: secrets, preset: undefined, example: newSecret },
  JWT_PRIVATE_KEY: { rule: keyPairs, preset: undefined, example: "./keys/signing.pem" },
  ACCESS_TOKEN_TTL: {
    rule: duration(1, longestAccessTokenTtlSeconds, "between 1s and 24h"),
    preset: "30m",
    example: "30m",
  },
  REFRESH_TOKEN_TTL: {
    rule: duration(1, longestDurationSeconds, "between 1s and 3650d"),
    preset: "30d",
    example: "30d",
  },
  SESSION_MAX_AGE: { rule: duration(1, longestDurationSeconds, "between 1s and 3650d"), preset: "90d", example: "90d" },
  REFRESH_GRACE: { rule: duration(0, 300, "between 0s and 5m"), preset: "10s", example: "10s" },
  CLOCK_TOLERANCE: { rule: duration(0, 60, "between 0s and 60s"), preset: "0s", example: "5s" },
  JWT_ISSUER: { rule: text, preset: "postern", example: "https://posts.example.com" },
  JWT_AUDIENCE: { rule: text, preset: "postern", example: "postern" },
  PUBLIC_READS: { rule: flag, preset: "false", example: "true" },
  TRUST_PROXY: { rule: proxies, preset: undefined, example: "10.0.0.0/8" },
  MAX_TOKENS: { rule: whole(10, 100_000), preset: "1000", example: "1000" },
  MAX_DEPTH: { rule: whole(1, 100), preset: "10", example: "10" },
  MAX_ALIASES: { rule: whole(0, 10_000), preset: "15", example: "15" },
  MAX_DIRECTIVES: { rule: whole(0, 10_000), preset: "50", example: "50" },
  MAX_COST: { rule: whole(1, 1_000_000), preset: "5000", example: "5000" },
  MAX_BODY_BYTES: { rule: whole(1000, 100_000_000), preset: "1048576", example: "1048576" },
  MAX_BODY_BYTES_IN_FLIGHT: { rule: whole(100_000, 999_999_999), preset: "67108864", example: "67108864" },
  MAX_ANSWER_BYTES: { rule: whole(10_000, 500_000_000), preset: "16777216", example: "16777216" },
  MAX_ANSWER_BYTES_IN_FLIGHT: { rule: whole(100_000, 999_999_999), preset: "50331648", example: "50331648" },
  MAX_SLOW_READS: { rule: whole(4, 100_000), preset: "256", example: "256" },
  MAX_URL_LENGTH: { rule: whole(100, 12_000), preset: "8000", example: "8000" },
  MAX_CONNECTIONS: { rule: whole(1, 1_000_000), preset: "10000", example: "10000" },
  HEADERS_TIMEOUT: { rule: duration(1, 3600, "between 1s and 1h"), preset: "10s", example: "10s" },
  REQUEST_TIMEOUT: { rule: duration(1, 3600, "between 1s and 1h"), preset: "30s", example: "30s" },
  SEND_TIMEOUT: { rule: duration(1, 3600, "between 1s and 1h"), preset: "30s", example: "30s" },
  SHUTDOWN_GRACE: { rule: duration(1, 3600, "between 1s and 1h"), preset: "20s", example: "20s" },
  OPERATION_TIMEOUT: { rule: duration(1, 3600, "between 1s and 1h"), preset: "10s", example: "10s" },
  CORS_ORIGINS: { rule: origins, preset: undefined, example: "https://app.example.com" },
  INTROSPECTION: { rule: flag, preset: undefined, example: "false" },
  TRUSTED_DOCUMENTS: { rule: documents, preset: undefined, example: "./persisted-documents.json" },
  LOG_LEVEL: {
    rule: z.enum(logLevels, `must be one of ${logLevels.join(", ")}`),
    preset: "info",
    example: "info",
  },
} as const;

type Variable = keyof typeof settings;
/** The environment variables that are read, beside NODE_ENV. */
export const variables = Object.keys(settings) as Variable[];

/**
 * Reads every setting from environment variables and checks them all, so that one start shows all mistakes.
 *
 * @throws ConfigError with a line per problem.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): { config: Config; warnings: string[] } {
  const production = env["NODE_ENV"] === "production";
  const problems: string[] = [];
  // A slip here would quietly run a server for everybody with what is meant for one machine.
  if (!["production", "development", "test", undefined].includes(env["NODE_ENV"]))
    problems.push("NODE_ENV must be production, development or test, for example NODE_ENV=production");
  const warnings = misspelt(env);

  const complain = (variable: Variable, problem: string) =>
    problems.push(`${variable} ${problem}, for example ${variable}=${settings[variable].example}`);

  /** The checked value; undefined where it is not set and has no preset, or where a problem was noted. */
  function read<V extends Variable>(variable: V): z.output<(typeof settings)[V]["rule"]> | undefined {
    const given = env[variable] ?? settings[variable].preset;
    if (given === undefined) return undefined;
    const result = settings[variable].rule.safeParse(given);
    if (!result.success) {
      complain(variable, [...new Set(result.error.issues.map((issue) => issue.message))].join(" and "));
      return undefined;
    }
    return result.data as z.output<(typeof settings)[V]["rule"]>;
  }

  const jwtSecrets = read("JWT_SECRET");
  const accessTokenTtlSeconds = read("ACCESS_TOKEN_TTL") ?? 0;
  const refreshTokenTtlSeconds = read("REFRESH_TOKEN_TTL") ?? Infinity;
  const sessionMaxAgeSeconds = read("SESSION_MAX_AGE") ?? Infinity;
  if (accessTokenTtlSeconds > refreshTokenTtlSeconds)
    complain("ACCESS_TOKEN_TTL", "must not be longer than REFRESH_TOKEN_TTL");
  if (refreshTokenTtlSeconds > sessionMaxAgeSeconds)
    complain("REFRESH_TOKEN_TTL", "must not be longer than SESSION_MAX_AGE");

  const keyPairsGiven = env["JWT_PRIVATE_KEY"] !== undefined;
  const pairs = read("JWT_PRIVATE_KEY");
  if (keyPairsGiven && jwtSecrets !== undefined)
    warnings.push("JWT_SECRET is not used beside JWT_PRIVATE_KEY: tokens signed with it are refused");
  if (production && !keyPairsGiven && env["JWT_SECRET"] === undefined)
    complain("JWT_SECRET", "must be set in production, or JWT_PRIVATE_KEY");
  if (!keyPairsGiven && jwtSecrets?.some(isGuessableSecret)) {
    const remark = "is one that others can guess or have read in a tutorial";
    if (production) complain("JWT_SECRET", remark);
    else warnings.push(`JWT_SECRET ${remark}; it would be refused in production`);
  }

  const config = {
    production,
    port: read("PORT"),
    host: read("HOST") ?? (production ? "0.0.0.0" : "127.0.0.1"),
    databaseUrl: read("DATABASE_URL"),
    signingKeys: pairs ?? (jwtSecrets && keyringOf(jwtSecrets.map(secretKey))),
    accessTokenTtlSeconds,
    refreshTokenTtlSeconds,
    sessionMaxAgeSeconds,
    refreshGraceSeconds: read("REFRESH_GRACE"),
    clockToleranceSeconds: read("CLOCK_TOLERANCE"),
    jwtIssuer: read("JWT_ISSUER"),
    jwtAudience: read("JWT_AUDIENCE"),
    publicReads: read("PUBLIC_READS"),
    trustProxy: read("TRUST_PROXY"),
    corsOrigins: [...(read("CORS_ORIGINS") ?? []), ...(production ? [] : [hostedSandbox])],
    introspection: read("INTROSPECTION") ?? !production,
    trustedDocuments: read("TRUSTED_DOCUMENTS"),
    logLevel: read("LOG_LEVEL"),
    shutdownGraceSeconds: read("SHUTDOWN_GRACE"),
    limits: {
      tokens: read("MAX_TOKENS"),
      depth: read("MAX_DEPTH"),
      aliases: read("MAX_ALIASES"),
      directives: read("MAX_DIRECTIVES"),
      cost: read("MAX_COST"),
      operationTimeoutSeconds: read("OPERATION_TIMEOUT"),
      bodyBytes: read("MAX_BODY_BYTES"),
      bodyBytesInFlight: read("MAX_BODY_BYTES_IN_FLIGHT"),
      answerBytes: read("MAX_ANSWER_BYTES"),
      answerBytesInFlight: read("MAX_ANSWER_BYTES_IN_FLIGHT"),
      sendTimeoutSeconds: read("SEND_TIMEOUT"),
      slowReads: read("MAX_SLOW_READS"),
      urlLength: read("MAX_URL_LENGTH"),
      connections: read("MAX_CONNECTIONS"),
      headersTimeoutSeconds: read("HEADERS_TIMEOUT"),
      requestTimeoutSeconds: read("REQUEST_TIMEOUT"),
    },
  };
  if (problems.length > 0) throw new ConfigError(problems);
  // Each undefined left above was noted as a problem, but for those that may be absent.
  return { config: config as Config, warnings };
}

function misspelt(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).flatMap((name) => {
    const meant = nearMiss(name, variables);
    return meant === undefined ? [] : [`${name} is not a setting; did you mean ${meant}?`];
  });
}
