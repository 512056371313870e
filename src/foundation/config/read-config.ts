import { ConfigError, type Config } from "./config.js";
import { isGuessableSecret } from "./guessable-secret.js";
import type { SessionRules } from "./session-rules.js";
import { SettingReader, variables, type Environment, type Variable } from "./setting-reader.js";
import { keyringOf, secretKey, type Keyring } from "./signing-keys.js";
import { suggestName } from "./suggest-name.js";

/** Settings by the names of their environment variables, as text. */
export type SettingValues = { readonly [Name in Variable | "NODE_ENV"]?: string | undefined };

/** The origin of the hosted Apollo Sandbox. */
const hostedSandbox = "https://studio.apollographql.com";

/**
 * Reads every setting from environment variables and checks them all, so that one start shows all mistakes.
 *
 * @param namesInFile the variables of the file .env. Unknown ones get a warning.
 * @throws ConfigError with a line per problem.
 */
export function readConfig(
  given: Environment,
  namesInFile: readonly string[] = [],
): { config: Config; warnings: string[] } {
  const { env, empty } = withoutEmpty(given);
  const reader = new SettingReader(env);
  const production = env["NODE_ENV"] === "production";
  // With a typo here, a server for everybody would silently run with settings for one machine.
  if (!["production", "development", "test", undefined].includes(env["NODE_ENV"]))
    reader.problems.push("NODE_ENV must be production, development or test, for example NODE_ENV=production");
  reader.warnings.push(
    ...empty.map((name) => `${name} is empty, which counts as not set`),
    ...misspelt(env),
    ...unknown(namesInFile),
  );
  const config = readAll(reader, production);
  if ((config.workers ?? 1) > 1 && config.databaseUrl === "sqlite::memory:")
    reader.problems.push(
      "WORKERS must be 1 with sqlite::memory:, because each process has its own, for example WORKERS=1",
    );
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  // Each undefined value that is left has a problem, apart from those that may be absent.
  return { config: config as Config, warnings: reader.warnings };
}

/** Reads the settings. A value with a problem is undefined. */
function readAll(reader: SettingReader, production: boolean) {
  const jwtSecrets = reader.read("JWT_SECRET");
  const lifetimes = readLifetimes(reader);
  const signingKeys = readSigningKeys(reader, jwtSecrets, production);
  return {
    production,
    port: reader.read("PORT"),
    host: reader.read("HOST") ?? (production ? "0.0.0.0" : "127.0.0.1"),
    workers: reader.read("WORKERS"),
    databaseUrl: reader.read("DATABASE_URL"),
    databaseUse: { connections: reader.read("DATABASE_CONNECTIONS"), pooler: reader.read("DATABASE_POOLER") },
    signingKeys,
    sessionRules: {
      issuer: reader.read("JWT_ISSUER"),
      audience: reader.read("JWT_AUDIENCE"),
      clockToleranceSeconds: reader.read("CLOCK_TOLERANCE"),
      ...lifetimes,
      refreshGraceSeconds: reader.read("REFRESH_GRACE"),
      sessionsOfUser: reader.read("MAX_SESSIONS_OF_USER"),
    },
    publicReads: reader.read("PUBLIC_READS"),
    trustProxy: reader.read("TRUST_PROXY"),
    corsOrigins: [...(reader.read("CORS_ORIGINS") ?? []), ...(production ? [] : [hostedSandbox])],
    introspection: reader.read("INTROSPECTION") ?? !production,
    explorer: (reader.read("EXPLORER") ?? (production ? "off" : "on")) === "on",
    trustedDocuments: reader.read("TRUSTED_DOCUMENTS"),
    logLevel: reader.read("LOG_LEVEL"),
    logAddresses: reader.read("LOG_ADDRESSES"),
    metrics: reader.read("METRICS"),
    tracing: reader.read("TRACING") === "on",
    eventLogTtlSeconds: reader.read("EVENT_LOG_TTL"),
    shutdownDelaySeconds: reader.read("SHUTDOWN_DELAY"),
    shutdownGraceSeconds: reader.read("SHUTDOWN_GRACE"),
    limits: readLimits(reader),
  };
}

function readLifetimes(
  reader: SettingReader,
): Pick<SessionRules, "accessTokenTtlSeconds" | "refreshTokenTtlSeconds" | "sessionMaxAgeSeconds"> {
  const accessTokenTtlSeconds = reader.read("ACCESS_TOKEN_TTL") ?? 0;
  const refreshTokenTtlSeconds = reader.read("REFRESH_TOKEN_TTL") ?? Infinity;
  const sessionMaxAgeSeconds = reader.read("SESSION_MAX_AGE") ?? Infinity;
  reader.requireOrder(["ACCESS_TOKEN_TTL", accessTokenTtlSeconds], ["REFRESH_TOKEN_TTL", refreshTokenTtlSeconds]);
  reader.requireOrder(["REFRESH_TOKEN_TTL", refreshTokenTtlSeconds], ["SESSION_MAX_AGE", sessionMaxAgeSeconds]);
  return { accessTokenTtlSeconds, refreshTokenTtlSeconds, sessionMaxAgeSeconds };
}

function readSigningKeys(
  reader: SettingReader,
  jwtSecrets: readonly string[] | undefined,
  production: boolean,
): Keyring | undefined {
  const pairs = reader.read("JWT_PRIVATE_KEY");
  if (reader.isSet("JWT_PRIVATE_KEY")) {
    if (jwtSecrets !== undefined)
      reader.warnings.push("JWT_SECRET is not used beside JWT_PRIVATE_KEY: tokens signed with it are refused");
    return pairs;
  }
  if (production && !reader.isSet("JWT_SECRET"))
    reader.reject("JWT_SECRET", "must be set in production, or JWT_PRIVATE_KEY");
  if (jwtSecrets?.some(isGuessableSecret)) {
    const problem = "is one that others can guess or have read in a tutorial";
    if (production) reader.reject("JWT_SECRET", problem);
    else reader.warnings.push(`JWT_SECRET ${problem}; it would be refused in production`);
  }
  return jwtSecrets && keyringOf(jwtSecrets.map(secretKey));
}

function readLimits(reader: SettingReader) {
  const bodyBytes = reader.read("MAX_BODY_BYTES") ?? 0;
  const answerBytes = reader.read("MAX_ANSWER_BYTES") ?? 0;
  return {
    tokens: reader.read("MAX_TOKENS"),
    depth: reader.read("MAX_DEPTH"),
    aliases: reader.read("MAX_ALIASES"),
    directives: reader.read("MAX_DIRECTIVES"),
    cost: reader.read("MAX_COST"),
    operationTimeoutSeconds: reader.read("OPERATION_TIMEOUT"),
    bodyBytes,
    // One client may have half of them, which has to be enough for one of the largest.
    bodyBytesInFlight: Math.max(reader.read("MAX_BODY_BYTES_IN_FLIGHT") ?? 0, 2 * bodyBytes),
    answerBytes,
    answerBytesInFlight: Math.max(reader.read("MAX_ANSWER_BYTES_IN_FLIGHT") ?? 0, 2 * answerBytes),
    sendTimeoutSeconds: reader.read("SEND_TIMEOUT"),
    slowReads: reader.read("MAX_SLOW_READS"),
    sockets: reader.read("MAX_SOCKETS"),
    socketsOfUser: reader.read("MAX_SOCKETS_OF_USER"),
    postsPerHour: reader.read("POSTS_PER_HOUR"),
    operationsOfSocket: reader.read("MAX_SUBSCRIPTIONS"),
    messageBytes: reader.read("MAX_MESSAGE_BYTES"),
    messagesPerSecond: reader.read("MAX_MESSAGES_PER_SECOND"),
    urlLength: reader.read("MAX_URL_LENGTH"),
    connections: reader.read("MAX_CONNECTIONS"),
    headersTimeoutSeconds: reader.read("HEADERS_TIMEOUT"),
    requestTimeoutSeconds: reader.read("REQUEST_TIMEOUT"),
  };
}

/** Treats empty variables as not set: Compose files pass a variable that isn't set as an empty one. */
function withoutEmpty(given: Environment) {
  const empty = ["NODE_ENV", ...variables].filter((name) => given[name] === "");
  return { env: { ...given, ...Object.fromEntries(empty.map((name) => [name, undefined])) }, empty };
}

function misspelt(env: Environment): string[] {
  return Object.keys(env).flatMap((name) => {
    const suggestion = suggestName(name, variables);
    return suggestion === undefined ? [] : [`${name} is not a setting; did you mean ${suggestion}?`];
  });
}

/** Warns of variables of another program in .env: they have no effect there. */
function unknown(namesInFile: readonly string[]): string[] {
  const known = new Set<string>([...variables, "NODE_ENV", "NODE_OPTIONS", "UV_THREADPOOL_SIZE"]);
  return namesInFile
    .filter((name) => !known.has(name) && suggestName(name, variables) === undefined)
    .map((name) => `${name} in .env is not a setting, and has no effect`);
}
