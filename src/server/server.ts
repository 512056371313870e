import type { GraphQLSchema } from "graphql";

import type { Timer } from "../foundation/clock.js";
import { dataFolder, loadOrCreateSecret } from "../foundation/config/secret-file.js";
import type { Config } from "../foundation/config/config.js";
import { keyringOf, publicKeysOf, secretKey, type Keyring } from "../foundation/config/signing-keys.js";
import type { Metrics } from "../foundation/metrics/metrics.js";
import { loadTracing } from "../foundation/tracing/load-tracing.js";
import type { Tracing } from "../foundation/tracing/span.js";
import { knownOperations } from "../graphql/known-operations.js";
import { declarationsOf } from "../graphql/declarations.js";
import { featuresWith, makeSchema } from "../graphql/schema.js";
import { AllowedOrigins } from "./connection/allowed-origins.js";
import { makeHttpServer, type HttpServer } from "./connection/http-server.js";
import { endpointUrl } from "./connection/paths.js";
import { listenOnUnixSocket, unixSocketOf } from "./connection/unix-socket.js";
import { sharedAnswer } from "./endpoint/shared-answer.js";
import { openOperations, type Operations } from "./operations.js";
import type { Answering, ServerParts } from "./parts.js";

// A burst of connections that overflows the queue makes all connections wait for seconds (Node takes 511).
const connectionBacklog = 4096;

// More frequent scrapes cost no more.
const metricsKeptMilliseconds = 1000;

// The collector of the spans may be away.
const shareOfGraceForSpans = 0.1;

/** A server that is running, until it is stopped. */
export type RunningServer = Answering & {
  /** The URL of the GraphQL endpoint. */
  readonly url: string;
  /** The file of the signing secret, if the settings have none. */
  readonly secretFile: { readonly path: string; readonly isNew: boolean } | undefined;
  /** Undefined if metrics are off. */
  readonly metrics: Metrics | undefined;
  /** Returns the metrics as a text for Prometheus, made at most once a second. */
  readonly metricsText: (() => Promise<string>) | undefined;
  /** Reports not ready from now on, so that no new requests are sent here. Those that come are still answered. */
  readonly drain: () => void;
  /** Finishes the operations in progress, accepts nothing new, and closes the database. Later calls wait for the first. */
  readonly stop: () => Promise<void>;
  /** Closes every connection at once. */
  readonly cut: () => void;
};

type Options = ServerParts & {
  /**
   * Whether it listens only once it can answer operations. Otherwise operations that come before wait, and probes are told
   * that the server is starting.
   */
  readonly listensLast?: boolean;
  /** Returns the text for `/metrics` instead of what this process alone has measured. */
  readonly metricsOfAll?: () => Promise<string>;
};

/**
 * Starts a server: listens, and opens and migrates its database.
 *
 * @throws the error of `listen` (`EADDRINUSE` …), or `DatabaseUnusableError`, with nothing left open.
 */
export async function startServer(options: Options): Promise<RunningServer> {
  const { config, timer, name = "postern", features = featuresWith() } = options;
  const kept = config.signingKeys === undefined ? await loadOrCreateSecret(dataFolder) : undefined;
  const keys = config.signingKeys ?? keyringOf([secretKey(kept!.secret)]);
  const schema = makeSchema(features);
  const undeclared = declarationsOf(schema).filter(({ isDeclared }) => !isDeclared);
  if (undeclared.length > 0)
    options.log.warn(
      { fields: undeclared.map(({ field }) => field) },
      "root fields without a declaration need a session; declare them with @Needs",
    );
  const metrics = config.metrics === "off" ? undefined : await loadMetrics(name, schema, config.trustedDocuments);
  const tracing = config.tracing ? await loadTracing(versionOf(name)) : undefined;
  const metricsText = metrics && sharedAnswer(timer, metricsKeptMilliseconds, options.metricsOfAll ?? metrics.text);
  const origins = new AllowedOrigins(config, options.log);
  const httpServer = makeHttp({ ...options, name, origins }, keys, { metrics, tracing, metricsText });
  const { http, drain, connections } = httpServer;
  const { apollo, createContext, database, live, close } = await listenAndOpen(options, httpServer, () =>
    openOperations({ ...options, features, keys, schema, metrics, tracing, origins, connections }),
  );
  const longestFlush = config.shutdownGraceSeconds * 1000 * shareOfGraceForSpans;
  const stopAll = async () => {
    drain();
    // No new connection is accepted from here on.
    await Promise.all([http.close(), live.stop()]);
    await close();
    if (tracing !== undefined) await Promise.race([tracing.flush().catch(() => {}), passed(timer, longestFlush)]);
  };
  let stopping: Promise<void> | undefined;
  return {
    url: endpointUrl(http.server.address(), config.host),
    apollo,
    createContext,
    database,
    secretFile: kept,
    metrics,
    metricsText,
    drain,
    stop: () => (stopping ??= stopAll()),
    cut() {
      live.cut();
      http.server.closeAllConnections();
    },
  };
}

function makeHttp(
  { config, timer, log, name, origins }: Options & { readonly name: string; readonly origins: AllowedOrigins },
  keys: Keyring,
  measuring: {
    readonly metrics: Metrics | undefined;
    readonly tracing: Tracing | undefined;
    readonly metricsText: (() => Promise<string>) | undefined;
  },
): HttpServer {
  const { limits } = config;
  return makeHttpServer({
    ...measuring,
    metricsText: config.metrics === "on" ? measuring.metricsText : undefined,
    timer,
    log,
    name,
    explorer: config.explorer ? { isProduction: config.production } : undefined,
    trustProxy: config.trustProxy,
    origins,
    publicKeys: publicKeysOf(keys),
    longestUrl: limits.urlLength,
    connections: limits.connections,
    longestWait: limits.operationTimeoutSeconds * 1000,
    timeouts: {
      headers: limits.headersTimeoutSeconds * 1000,
      request: limits.requestTimeoutSeconds * 1000,
      checkEvery: 1000,
    },
  });
}

/** Listens before or after the database is open. Closes everything if either fails. */
async function listenAndOpen(
  { config, listensLast = false, database }: Options,
  { http, serve }: HttpServer,
  openAll: () => Promise<Operations>,
): Promise<Operations> {
  const socket = unixSocketOf(config.host);
  const listen = () =>
    socket === undefined
      ? http.listen({ port: config.port, host: config.host, backlog: connectionBacklog })
      : listenOnUnixSocket(socket, () => http.listen({ path: socket, backlog: connectionBacklog }));
  let open: Operations | undefined;
  try {
    if (!listensLast) await listen();
    open = await openAll();
    serve(open.service);
    if (listensLast) await listen();
    return open;
  } catch (error) {
    http.server.closeAllConnections();
    await http.close();
    await (open?.close() ?? database?.close(true));
    throw error;
  }
}

const versionOf = (name: string): string => name.split(" ").at(-1)!;

const passed = (timer: Timer, milliseconds: number) => new Promise<void>((done) => timer(milliseconds, done));

/** Loads the code that measures. It isn't even loaded if metrics are off. */
async function loadMetrics(name: string, schema: GraphQLSchema, trusted: Config["trustedDocuments"]): Promise<Metrics> {
  const { openMetrics } = await import("../foundation/metrics/open-metrics.js");
  return openMetrics(versionOf(name), ...knownOperations(schema, trusted));
}
