import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import { isErrorCode } from "../errors.js";
import { prometheusText, type MetricsSnapshot } from "./aggregate.js";
import { definitions, processDefinitions, type Definition, type MetricName } from "./definitions.js";
import type { AnsweredRequest, DatabaseErrorKind, Loads, Metrics, CountedSessionEvent } from "./metrics.js";
import { operationLabels, type LabelledOperation } from "./operation-label.js";

// From the time of a refusal to the default time limit of an operation.
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const eventLoopPrecisionMilliseconds = 20;
/** The close codes of RFC 6455, of the protocol and of this server. A client may send a thousand others. */
const closeCodes = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429,
]);
const credentialReasons = new Set(["TOKEN_MISSING", "TOKEN_INVALID", "TOKEN_EXPIRED", "USER_GONE", "SESSION_REVOKED"]);
const databaseErrorKinds: readonly DatabaseErrorKind[] = ["away", "timeout", "conflict", "other"];
const refusedAttempts: Readonly<Record<string, string>> = {
  "sign-in refused": "sign_in",
  "registration refused": "registration",
  "password refused": "password",
  "refresh refused": "refresh",
};

/** @param known the operations that have labels of their own. */
export function openMetrics(version: string, ...known: Parameters<typeof operationLabels>): Metrics {
  const metrics = new PrometheusMetrics(version, operationLabels(...known));
  return {
    request: (answered) => metrics.request(answered),
    socketOperation: (outcome, code, reason) => metrics.socketOperation(outcome, code, reason),
    credentialRefused: (reason) => metrics.credentialRefused(reason),
    session: (noted) => metrics.session(noted),
    socketClosed: (code) =>
      metrics.increment("postern_socket_closes_total", { code: closeCodes.has(code) ? code : "other" }),
    event: () => metrics.increment("postern_events_total"),
    eventSent: () => metrics.increment("postern_events_sent_total"),
    eventLogWentBack: () => metrics.increment("postern_event_log_went_back_total"),
    databaseError: (kind) => metrics.increment("postern_database_errors_total", { kind }),
    watch: (loads) => metrics.watch(loads),
    snapshot: () => metrics.snapshot(),
    text: async () => prometheusText([await metrics.snapshot()]),
  };
}

type Labels = Readonly<Record<string, string | number>>;

class PrometheusMetrics {
  private readonly register = new Registry();
  private readonly counters = new Map<MetricName, Counter>();
  private readonly gauges = new Map<MetricName, Gauge>();
  private readonly requestDuration: Histogram;
  private readonly keptNames = new Set<string>([...Object.keys(definitions), ...Object.keys(processDefinitions)]);
  private loads: (() => Loads) | undefined;

  constructor(
    version: string,
    private readonly labelOf: (outcome: LabelledOperation | undefined) => string,
  ) {
    const { register } = this;
    const optionsOf = (name: MetricName) => {
      const { help, labels }: Definition = definitions[name];
      return { name, help, labelNames: Object.keys(labels), registers: [register] };
    };
    for (const name of Object.keys(definitions) as MetricName[]) {
      const { kind }: Definition = definitions[name];
      if (kind === "counter") this.counters.set(name, new Counter(optionsOf(name)));
      if (kind === "gauge") this.gauges.set(name, new Gauge(optionsOf(name)));
    }
    const duration = optionsOf("postern_http_request_duration_seconds");
    this.requestDuration = new Histogram({ ...duration, buckets: durationBuckets });
    collectDefaultMetrics({ register, eventLoopMonitoringPrecision: eventLoopPrecisionMilliseconds });

    this.set("postern_build_info", 1, { version });
    // Prometheus must see them as 0 first, or it misses their first increase.
    for (const kind of databaseErrorKinds) this.increment("postern_database_errors_total", { kind }, 0);
    for (const reason of credentialReasons) this.increment("postern_credential_refusals_total", { reason }, 0);
  }

  increment(name: MetricName, labels: Labels = {}, by = 1): void {
    this.counters.get(name)!.inc(labels, by);
  }

  request({ outcome, status, code, reason, seconds }: AnsweredRequest): void {
    const operation = this.labelOf(outcome);
    this.increment("postern_http_requests_total", { operation, status: status ?? "aborted", code: codeLabel(code) });
    if (seconds !== undefined) this.requestDuration.observe({ operation }, seconds);
    this.countRefusal(code, reason);
  }

  socketOperation(outcome: LabelledOperation | undefined, code: unknown, reason: string | undefined): void {
    this.increment("postern_socket_operations_total", { operation: this.labelOf(outcome), code: codeLabel(code) });
    this.countRefusal(code, reason);
  }

  credentialRefused(reason: unknown): void {
    if (typeof reason !== "string" || !credentialReasons.has(reason)) return;
    this.increment("postern_credential_refusals_total", { reason });
  }

  session({ event, cause = "", count = 1 }: CountedSessionEvent): void {
    const what = refusedAttempts[event];
    if (what !== undefined) this.increment("postern_attempts_refused_total", { what, cause });
    else if (event === "signed in") this.increment("postern_sessions_opened_total", { cause });
    else if (event === "session refreshed") this.increment("postern_sessions_renewed_total");
    else if (event === "session ended")
      this.increment("postern_sessions_ended_total", { cause: cause.replaceAll(" ", "_") }, count);
    else if (event === "refresh token reused")
      this.increment("postern_attempts_refused_total", { what: "refresh", cause: "REUSED" });
  }

  watch(loads: () => Loads): void {
    this.loads = loads;
  }

  async snapshot(): Promise<MetricsSnapshot> {
    this.readGauges();
    const all = (await this.register.getMetricsAsJSON()).filter(({ name }) => this.keptNames.has(name));
    // Without this aggregator, the start time would be left out.
    return all.map((metric) =>
      metric.name === "process_start_time_seconds" ? { ...metric, aggregator: "max" } : metric,
    );
  }

  private readGauges(): void {
    if (this.loads === undefined) return;
    const loads = this.loads();
    this.set("postern_connections", loads.connections);
    this.set("postern_sockets", loads.sockets);
    this.set("postern_streams", loads.streams);
    this.set("postern_subscriptions", loads.subscriptions);
    this.set("postern_event_log_length", loads.eventLog.length);
    this.set("postern_event_log_overdue_seconds", loads.eventLog.overdueSeconds);
    this.set("postern_database_away", Number(loads.isDatabaseAway));
    for (const [queue, length] of Object.entries(loads.queues)) this.set("postern_queue_length", length, { queue });
    for (const [pool, { places, busy }] of Object.entries(loads.pools)) {
      this.set("postern_pool_places", places, { pool });
      this.set("postern_pool_busy", busy, { pool });
    }
  }

  private set(name: MetricName, value: number, labels: Labels = {}): void {
    this.gauges.get(name)!.set(labels, value);
  }

  /** Counts a refused credential. Other refusals may have the same reasons. */
  private countRefusal(code: unknown, reason: string | undefined): void {
    if (code === "UNAUTHENTICATED") this.credentialRefused(reason);
  }
}

const codeLabel = (code: unknown): string => (code === undefined ? "OK" : isErrorCode(code) ? code : "other");
