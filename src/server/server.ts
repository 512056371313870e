import type { GraphQLSchema } from "graphql";

import type { Timer } from "../foundation/clock.js";
import type { Config } from "../foundation/config/settings.js";
import { listenOnUnixSocket, unixSocketOf } from "./connection/unix-socket.js";
import { endpointUrl } from "./connection/paths.js";
import { makeHttpServer } from "./connection/http-server.js";
import { knownOperations } from "../graphql/known-operations.js";
import { sharedAnswer } from "./endpoint/shared-answer.js";
import type { Metrics } from "../foundation/metrics/metrics.js";
import { featuresWith, makeSchema } from "../graphql/schema.js";
import { keyringOf, publicKeysOf, secretKey } from "../foundation/config/signing-keys.js";
import { dataFolder, keptSecret } from "../foundation/config/kept-secret.js";
import { loadTracing } from "../foundation/tracing/load-tracing.js";
import { openOperations, type Operations } from "./operations.js";
import type { Answering, ServerParts } from "./parts.js";

// A burst of connections that overflows the queue makes everybody's connections wait for seconds (Node takes 511).
const connectionBacklog = 4096;

// Who asks more often costs no more.
const metricsKeptMilliseconds = 1000;

// Of the time to stop. Whoever takes the spans may be away.
const shareForSpans = 0.1;

/** A server that answers, until it is stopped. */
export type RunningServer = Answering & {
  /** The GraphQL endpoint. */
  readonly url: string;
  /** The file of the signing secret, where the settings have none. */
  readonly secretFile: { readonly path: string; readonly isNew: boolean } | undefined;
  /** What it measures, where anybody asked for that. */
  readonly metrics: Metrics | undefined;
  /** The same as a text for Prometheus, made once a second at most. */
  readonly metricsText: (() => Promise<string>) | undefined;
  /** Says to who asks that it is not to be sent requests any more, and still answers them. */
  readonly drain: () => void;
  /** Finishes what is under way, takes nothing new, and closes the database; once, however often it is called. */
  readonly stop: () => Promise<void>;
  /** Closes every connection, whatever is under way on it. */
  readonly cut: () => void;
};

/**
 * Starts a server: listens, opens and migrates its database, and puts the parts together. This is the only place that
 * knows them all.
 *
 * @throws the error of `listen` (`EADDRINUSE` and the like), or `DatabaseUnusableError`, with nothing left open.
 */
export async function startServer(
  parts: ServerParts & {
    /**
     * Whether it listens only once it can answer operations. Otherwise those that come before wait, and who asks is told
     * that the server starts.
     */
    readonly listensLast?: boolean;
    /** What `/metrics` says in place of what this process alone has measured. */
    readonly metricsOfAll?: () => Promise<string>;
  },
): Promise<RunningServer> {
  const { config, timer, log, name = "postern", features = featuresWith() } = parts;
  const { limits } = config;
  const kept = config.signingKeys === undefined ? await keptSecret(dataFolder) : undefined;
  const keys = config.signingKeys ?? keyringOf([secretKey(kept!.secret)]);

  const schema = makeSchema(features);
  const metrics = config.metrics === "off" ? undefined : await measure(name, schema, config.trustedDocuments);
  const tracing = config.tracing ? await loadTracing(versionOf(name)) : undefined;
  const metricsText = metrics && sharedAnswer(timer, metricsKeptMilliseconds, parts.metricsOfAll ?? metrics.text);
  const { http, serve, drain, connections } = makeHttpServer({
    metrics,
    tracing,
    metricsText: config.metrics === "on" ? metricsText : undefined,
    timer,
    log,
    name,
    explorer: config.explorer ? { isProduction: config.production } : undefined,
    trustProxy: config.trustProxy,
    corsOrigins: config.corsOrigins,
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

  const socket = unixSocketOf(config.host);
  const listen = () =>
    socket === undefined
      ? http.listen({ port: config.port, host: config.host, backlog: connectionBacklog })
      : listenOnUnixSocket(socket, () => http.listen({ path: socket, backlog: connectionBacklog }));
  let open: Operations | undefined;
  try {
    if (parts.listensLast !== true) await listen();
    open = await openOperations({ ...parts, features, keys, schema, metrics, tracing, connections });
    serve(open.service);
    if (parts.listensLast === true) await listen();
  } catch (error) {
    http.server.closeAllConnections();
    await http.close();
    await (open?.close() ?? parts.database?.close(true));
    throw error;
  }
  const { apollo, createContext, database, live, close } = open;
  const longestFlush = config.shutdownGraceSeconds * 1000 * shareForSpans;
  const stopAll = async () => {
    drain();
    // No connection is taken from here on.
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

const versionOf = (name: string): string => name.split(" ").at(-1)!;

const passed = (timer: Timer, milliseconds: number) => new Promise<void>((done) => timer(milliseconds, done));

/** Begins to measure. Where nobody asks for it, its code isn't even loaded. */
async function measure(name: string, schema: GraphQLSchema, trusted: Config["trustedDocuments"]): Promise<Metrics> {
  const { openMetrics } = await import("../foundation/metrics/metrics.js");
  return openMetrics(versionOf(name), ...knownOperations(schema, trusted));
}
