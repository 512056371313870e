import type { AddressInfo } from "node:net";

import { onTestFinished } from "vitest";

import { systemClock, systemTimer } from "../../src/foundation/clock.js";
import { cpuLimiter } from "../../src/foundation/fairness/cpu-limiter.js";
import { ByteBudget } from "../../src/server/connection/byte-budget.js";
import { AllowedOrigins } from "../../src/server/connection/allowed-origins.js";
import { makeHttpServer, type SenderTimeouts } from "../../src/server/connection/http-server.js";
import type { KnownError } from "../../src/foundation/errors.js";
import { formatted } from "../../src/graphql/outcome.js";
import { operationRunner } from "../../src/graphql/run-operation.js";
import { makeLog } from "../../src/foundation/log.js";
import type { Api } from "./api.js";

/** The limits of a server; those that aren't given are high. */
type Bounds = {
  readonly bodies?: number;
  readonly answers?: number;
  /** In milliseconds. */
  readonly sendTimeout?: number;
  readonly timeouts?: SenderTimeouts;
};

const long = 60_000;

/** Starts an HTTP server with its own limits for the operations of another server. */
export async function startSmallServer({ server, clock }: Api, bounds: Bounds = {}) {
  const { bodies = 1e9, answers = 1e9, sendTimeout = long } = bounds;
  const logged: string[] = [];
  const log = makeLog("info", systemClock, { write: (line) => void logged.push(line) });
  const { http, serve } = makeHttpServer({
    timer: systemTimer,
    log,
    name: "postern",
    explorer: undefined,
    origins: new AllowedOrigins({ corsOrigins: [], production: true }, log),
    trustProxy: undefined,
    publicKeys: undefined,
    longestUrl: 1000,
    connections: 100,
    timeouts: bounds.timeouts ?? { headers: long, request: long, checkEvery: long },
    longestWait: long,
  });
  serve({
    createContext: server.createContext,
    graphql: {
      run: operationRunner({
        apollo: server.apollo,
        createContext: server.createContext,
        formatError: (_, error) => formatted(error as KnownError),
        nameOf: () => ({ operationName: undefined, rootFieldNames: [], isUnknown: true }),
        maxAnswerBytes: 20_000_000,
      }),
      trustedDocuments: undefined,
      parsing: cpuLimiter(1 / 4),
      maxBodyBytes: 1_000_000,
      bodies: new ByteBudget(bodies, clock),
      answers: new ByteBudget(answers, clock),
      sendTimeoutMilliseconds: sendTimeout,
      openStream: () => ({ live: { begin: async () => "" }, hasBegun: () => false, start() {}, close() {} }),
    },
    upgrade: async (_upgrade, _request, reply) => reply,
    readiness: async () => undefined,
  });
  onTestFinished(() => {
    http.server.closeAllConnections();
    return http.close();
  });
  await http.listen({ port: 0, host: "127.0.0.1" });
  return { http, logged, port: (http.server.address() as AddressInfo).port };
}
