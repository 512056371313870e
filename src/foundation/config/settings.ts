import type { z } from "zod";

import type { DatabaseUse } from "./database-use.js";
import { formatDuration } from "./duration.js";
import { isGuessableSecret } from "./guessable-secret.js";
import type { LogLevel } from "../log.js";
import type { SessionRules } from "./session-rules.js";
import { keyringOf, secretKey, type Keyring } from "./signing-keys.js";
import { suggestName } from "./suggest-name.js";
import { settings, type Setting } from "./setting-list.js";

/** The settings of a server, checked. Durations are in seconds. */
export type Config = {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** How many processes serve the port. */
  readonly workers: number;
  /** `sqlite:<path>`, `sqlite::memory:` or `postgresql://…`. */
  readonly databaseUrl: string;
  readonly databaseUse: DatabaseUse;
  /** What tokens are signed and verified with. Undefined where a secret is to be made and kept. */
  readonly signingKeys: Keyring | undefined;
  readonly sessionRules: Omit<SessionRules, "keys">;
  readonly publicReads: boolean;
  /** The proxies whose word on a client's address counts; undefined where the connection's own address does. */
  readonly trustProxy: readonly string[] | undefined;
  /** The web origins whose pages may call; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Whether the schema can be asked for, and wrong names are answered with right ones. */
  readonly introspection: boolean;
  /** Whether a browser gets the explorer at `/`. */
  readonly explorer: boolean;
  /** The only documents that run; undefined where any may. */
  readonly trustedDocuments: ReadonlyMap<string, string> | undefined;
  readonly logLevel: LogLevel;
  /** Whether lines of the log have clients' addresses. */
  readonly logAddresses: boolean;
  /** Where what is measured can be read: on the server's own port, on one of these numbers, or nowhere. */
  readonly metrics: "off" | "on" | number;
  /** Whether requests, operations and statements are traced. */
  readonly tracing: boolean;
  /** How long a client may stay away and still be told of what it has missed. */
  readonly eventLogTtlSeconds: number;
  /** How long the server still takes requests once it was told to stop. */
  readonly shutdownDelaySeconds: number;
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
  /** Sockets and streams of a process, and those of one user. */
  readonly sockets: number;
  readonly socketsOfUser: number;
  /** Posts that a user may create in any hour. */
  readonly postsPerHour: number;
  readonly operationsOfSocket: number;
  readonly messageBytes: number;
  readonly messagesPerSecond: number;
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

/** Where the hosted Apollo Sandbox calls from. */
const hostedSandbox = "https://studio.apollographql.com";

type Variable = keyof typeof settings;
/** Settings by the names of their environment variables, as text. */
export type SettingValues = { readonly [Name in Variable | "NODE_ENV"]?: string | undefined };
/** The environment variables that are read, beside NODE_ENV. */
export const variables = Object.keys(settings) as Variable[];

/**
 * Reads every setting from environment variables and checks them all, so that one start shows all mistakes.
 *
 * @param namesInFile the variables of the file .env, of which the server warns where it doesn't know them.
 * @throws ConfigError with a line per problem.
 */
export function readConfig(
  given: Readonly<Record<string, string | undefined>>,
  namesInFile: readonly string[] = [],
): { config: Config; warnings: string[] } {
  const { env, empty } = withoutEmpty(given);
  const production = env["NODE_ENV"] === "production";
  const problems: string[] = [];
  // A slip here would quietly run a server for everybody with what is meant for one machine.
  if (!["production", "development", "test", undefined].includes(env["NODE_ENV"]))
    problems.push("NODE_ENV must be production, development or test, for example NODE_ENV=production");
  const warnings = [
    ...empty.map((name) => `${name} is empty, which counts as not set`),
    ...misspelt(env),
    ...unknown(namesInFile),
  ];

  const complain = (variable: Variable, problem: string) => {
    const { preset, example = preset }: Setting = settings[variable];
    problems.push(`${variable} ${problem}, for example ${variable}=${example}`);
  };

  /** The checked value; undefined where it is not set and has no preset, or where a problem was noted. */
  function read<V extends Variable>(variable: V): z.output<(typeof settings)[V]["rule"]> | undefined {
    const { preset }: Setting = settings[variable];
    const value = env[variable] ?? preset;
    if (value === undefined) return undefined;
    const result = settings[variable].rule.safeParse(value);
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
  /** Complains of the one that was set, with a value that would do. */
  const keepOrder = (shorter: Variable, shorterSeconds: number, longer: Variable, longerSeconds: number) => {
    if (shorterSeconds <= longerSeconds) return;
    const [wrong, word, other, seconds] =
      env[shorter] === undefined
        ? [longer, "shorter", shorter, shorterSeconds]
        : [shorter, "longer", longer, longerSeconds];
    const bound = formatDuration(seconds);
    problems.push(`${wrong} must not be ${word} than ${other}, which is ${bound}, for example ${wrong}=${bound}`);
  };
  keepOrder("ACCESS_TOKEN_TTL", accessTokenTtlSeconds, "REFRESH_TOKEN_TTL", refreshTokenTtlSeconds);
  keepOrder("REFRESH_TOKEN_TTL", refreshTokenTtlSeconds, "SESSION_MAX_AGE", sessionMaxAgeSeconds);

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

  const bodyBytes = read("MAX_BODY_BYTES") ?? 0;
  const answerBytes = read("MAX_ANSWER_BYTES") ?? 0;
  const config = {
    production,
    port: read("PORT"),
    host: read("HOST") ?? (production ? "0.0.0.0" : "127.0.0.1"),
    workers: read("WORKERS"),
    databaseUrl: read("DATABASE_URL"),
    databaseUse: { connections: read("DATABASE_CONNECTIONS"), pooler: read("DATABASE_POOLER") },
    signingKeys: pairs ?? (jwtSecrets && keyringOf(jwtSecrets.map(secretKey))),
    sessionRules: {
      issuer: read("JWT_ISSUER"),
      audience: read("JWT_AUDIENCE"),
      accessTokenTtlSeconds,
      clockToleranceSeconds: read("CLOCK_TOLERANCE"),
      refreshTokenTtlSeconds,
      sessionMaxAgeSeconds,
      refreshGraceSeconds: read("REFRESH_GRACE"),
      sessionsOfUser: read("MAX_SESSIONS_OF_USER"),
    },
    publicReads: read("PUBLIC_READS"),
    trustProxy: read("TRUST_PROXY"),
    corsOrigins: [...(read("CORS_ORIGINS") ?? []), ...(production ? [] : [hostedSandbox])],
    introspection: read("INTROSPECTION") ?? !production,
    explorer: (read("EXPLORER") ?? (production ? "off" : "on")) === "on",
    trustedDocuments: read("TRUSTED_DOCUMENTS"),
    logLevel: read("LOG_LEVEL"),
    logAddresses: read("LOG_ADDRESSES"),
    metrics: read("METRICS"),
    tracing: read("TRACING") === "on",
    eventLogTtlSeconds: read("EVENT_LOG_TTL"),
    shutdownDelaySeconds: read("SHUTDOWN_DELAY"),
    shutdownGraceSeconds: read("SHUTDOWN_GRACE"),
    limits: {
      tokens: read("MAX_TOKENS"),
      depth: read("MAX_DEPTH"),
      aliases: read("MAX_ALIASES"),
      directives: read("MAX_DIRECTIVES"),
      cost: read("MAX_COST"),
      operationTimeoutSeconds: read("OPERATION_TIMEOUT"),
      bodyBytes,
      // One client may hold half, which has to be enough for one of the largest.
      bodyBytesInFlight: Math.max(read("MAX_BODY_BYTES_IN_FLIGHT") ?? 0, 2 * bodyBytes),
      answerBytes,
      answerBytesInFlight: Math.max(read("MAX_ANSWER_BYTES_IN_FLIGHT") ?? 0, 2 * answerBytes),
      sendTimeoutSeconds: read("SEND_TIMEOUT"),
      slowReads: read("MAX_SLOW_READS"),
      sockets: read("MAX_SOCKETS"),
      socketsOfUser: read("MAX_SOCKETS_OF_USER"),
      postsPerHour: read("POSTS_PER_HOUR"),
      operationsOfSocket: read("MAX_SUBSCRIPTIONS"),
      messageBytes: read("MAX_MESSAGE_BYTES"),
      messagesPerSecond: read("MAX_MESSAGES_PER_SECOND"),
      urlLength: read("MAX_URL_LENGTH"),
      connections: read("MAX_CONNECTIONS"),
      headersTimeoutSeconds: read("HEADERS_TIMEOUT"),
      requestTimeoutSeconds: read("REQUEST_TIMEOUT"),
    },
  };
  if ((config.workers ?? 1) > 1 && config.databaseUrl === "sqlite::memory:")
    problems.push("WORKERS must be 1 with sqlite::memory:, of which each process has its own, for example WORKERS=1");
  if (problems.length > 0) throw new ConfigError(problems);
  // Each undefined left above was noted as a problem, but for those that may be absent.
  return { config: config as Config, warnings };
}

/** Compose files pass on what isn't set as an empty text, which no setting can use. */
function withoutEmpty(given: Readonly<Record<string, string | undefined>>) {
  const empty = ["NODE_ENV", ...variables].filter((name) => given[name] === "");
  return { env: { ...given, ...Object.fromEntries(empty.map((name) => [name, undefined])) }, empty };
}

function misspelt(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).flatMap((name) => {
    const meant = suggestName(name, variables);
    return meant === undefined ? [] : [`${name} is not a setting; did you mean ${meant}?`];
  });
}

/** Another project's variable in .env does nothing here, and whoever wrote it should know. */
function unknown(namesInFile: readonly string[]): string[] {
  const known = new Set<string>([...variables, "NODE_ENV", "NODE_OPTIONS", "UV_THREADPOOL_SIZE"]);
  return namesInFile
    .filter((name) => !known.has(name) && suggestName(name, variables) === undefined)
    .map((name) => `${name} in .env is not a setting, and does nothing`);
}
