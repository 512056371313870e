import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import { isErrorCode } from "../errors.js";
import { operationLabels, type LabelledOperation } from "./operation-label.js";
import { prometheusText, type MetricsSnapshot } from "./aggregate.js";
import { definitions, processDefinitions, type Definition, type MetricName } from "./definitions.js";

/** What waits and what runs at an instant. */
export type Loads = {
  readonly connections: number;
  readonly sockets: number;
  readonly streams: number;
  readonly subscriptions: number;
  readonly eventLog: { readonly length: number; readonly overdueSeconds: number };
  /** Whether an operation or the event log found the database away a moment ago. */
  readonly isDatabaseAway: boolean;
  readonly queues: Readonly<Record<"short_reads" | "slow_reads" | "writes" | "passwords", number>>;
  readonly pools: Readonly<
    Record<"reads" | "writes" | "passwords", { readonly busy: number; readonly places: number }>
  >;
};

export type DatabaseErrorKind = "away" | "timeout" | "conflict" | "other";

/** Takes down what happens. No value of a label comes from a client. */
export type Metrics = {
  /** @param answered `status` is undefined where the client has gone, `seconds` where they say nothing. */
  readonly request: (answered: {
    readonly outcome: LabelledOperation | undefined;
    readonly status: number | undefined;
    readonly code: string | undefined;
    readonly reason: string | undefined;
    readonly seconds: number | undefined;
  }) => void;
  readonly socketOperation: (outcome: LabelledOperation | undefined, code: unknown, reason: string | undefined) => void;
  readonly credentialRefused: (reason: unknown) => void;
  readonly session: (noted: { readonly event: string; readonly cause?: string; readonly count?: number }) => void;
  readonly socketClosed: (code: number) => void;
  readonly event: () => void;
  readonly eventSent: () => void;
  readonly eventLogWentBack: () => void;
  readonly databaseError: (kind: DatabaseErrorKind) => void;
  /** Where what waits and runs is found out, at each scrape. */
  readonly watch: (loads: () => Loads) => void;
  readonly snapshot: () => Promise<MetricsSnapshot>;
  readonly text: () => Promise<string>;
};

// From what a refusal takes to the longest that an operation may take where nothing else is set.
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const delayPrecisionMilliseconds = 20;
/** RFC 6455's, and those that the protocol and this server have; a client may send a thousand others. */
const closeCodes = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429,
]);
const reasons = new Set(["TOKEN_MISSING", "TOKEN_INVALID", "TOKEN_EXPIRED", "USER_GONE", "SESSION_REVOKED"]);
const refusals: Readonly<Record<string, string>> = {
  "sign-in refused": "sign_in",
  "registration refused": "registration",
  "password refused": "password",
  "refresh refused": "refresh",
};

const codeOf = (code: unknown): string => (code === undefined ? "OK" : isErrorCode(code) ? code : "other");

/** @param known the operations that are told apart. */
export function openMetrics(version: string, ...known: Parameters<typeof operationLabels>): Metrics {
  const labelOf = operationLabels(...known);
  const register = new Registry();
  const optionsOf = <Name extends MetricName>(name: Name) => {
    const { help, labels }: Definition = definitions[name];
    return { name, help, labelNames: Object.keys(labels), registers: [register] };
  };
  const counter = (name: MetricName) => new Counter(optionsOf(name));
  const gauge = (name: MetricName) => new Gauge(optionsOf(name));

  const requests = counter("postern_http_requests_total");
  const duration = new Histogram({ ...optionsOf("postern_http_request_duration_seconds"), buckets });
  const socketOperations = counter("postern_socket_operations_total");
  const credentialRefusals = counter("postern_credential_refusals_total");
  const opened = counter("postern_sessions_opened_total");
  const renewed = counter("postern_sessions_renewed_total");
  const ended = counter("postern_sessions_ended_total");
  const attemptsRefused = counter("postern_attempts_refused_total");
  const socketCloses = counter("postern_socket_closes_total");
  const events = counter("postern_events_total");
  const eventsSent = counter("postern_events_sent_total");
  const wentBack = counter("postern_event_log_went_back_total");
  const logLength = gauge("postern_event_log_length");
  const logOverdue = gauge("postern_event_log_overdue_seconds");
  const databaseErrors = counter("postern_database_errors_total");
  const connections = gauge("postern_connections");
  const sockets = gauge("postern_sockets");
  const streams = gauge("postern_streams");
  const subscriptions = gauge("postern_subscriptions");
  const queueLength = gauge("postern_queue_length");
  const poolPlaces = gauge("postern_pool_places");
  const poolBusy = gauge("postern_pool_busy");
  const databaseAway = gauge("postern_database_away");
  gauge("postern_build_info").set({ version }, 1);
  // Known from the first scrape on, or their first increase would not be seen as one.
  for (const kind of ["away", "timeout", "conflict", "other"]) databaseErrors.inc({ kind }, 0);
  for (const reason of reasons) credentialRefusals.inc({ reason }, 0);

  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: delayPrecisionMilliseconds });
  const kept = new Set<string>([...Object.keys(definitions), ...Object.keys(processDefinitions)]);

  let loads: (() => Loads) | undefined;
  const look = () => {
    if (loads === undefined) return;
    const found = loads();
    connections.set(found.connections);
    sockets.set(found.sockets);
    streams.set(found.streams);
    subscriptions.set(found.subscriptions);
    logLength.set(found.eventLog.length);
    logOverdue.set(found.eventLog.overdueSeconds);
    databaseAway.set(Number(found.isDatabaseAway));
    for (const [queue, length] of Object.entries(found.queues)) queueLength.set({ queue }, length);
    for (const [pool, { places, busy }] of Object.entries(found.pools)) {
      poolPlaces.set({ pool }, places);
      poolBusy.set({ pool }, busy);
    }
  };
  const refused = (reason: unknown): void => {
    if (typeof reason === "string" && reasons.has(reason)) credentialRefusals.inc({ reason });
  };
  // Other refusals have reasons of the same name.
  const noteRefusal = (code: unknown, reason: string | undefined): void => {
    if (code === "UNAUTHENTICATED") refused(reason);
  };
  const snapshot = async (): Promise<MetricsSnapshot> => {
    look();
    const all = (await register.getMetricsAsJSON()).filter(({ name }) => kept.has(name));
    // Otherwise it would be left out, of one process too.
    return all.map((metric) =>
      metric.name === "process_start_time_seconds" ? { ...metric, aggregator: "max" } : metric,
    );
  };

  return {
    request({ outcome, status, code, reason, seconds }) {
      const operation = labelOf(outcome);
      requests.inc({ operation, status: status ?? "aborted", code: codeOf(code) });
      if (seconds !== undefined) duration.observe({ operation }, seconds);
      noteRefusal(code, reason);
    },
    socketOperation(outcome, code, reason) {
      socketOperations.inc({ operation: labelOf(outcome), code: codeOf(code) });
      noteRefusal(code, reason);
    },
    credentialRefused: refused,
    session({ event, cause = "", count = 1 }) {
      const what = refusals[event];
      if (what !== undefined) attemptsRefused.inc({ what, cause });
      else if (event === "signed in") opened.inc({ cause });
      else if (event === "session refreshed") renewed.inc();
      else if (event === "session ended") ended.inc({ cause: cause.replaceAll(" ", "_") }, count);
      else if (event === "refresh token reused") attemptsRefused.inc({ what: "refresh", cause: "REUSED" });
    },
    socketClosed: (code) => socketCloses.inc({ code: closeCodes.has(code) ? code : "other" }),
    event: () => events.inc(),
    eventSent: () => eventsSent.inc(),
    eventLogWentBack: () => wentBack.inc(),
    databaseError: (kind) => databaseErrors.inc({ kind }),
    watch: (given) => void (loads = given),
    snapshot,
    text: async () => prometheusText([await snapshot()]),
  };
}
