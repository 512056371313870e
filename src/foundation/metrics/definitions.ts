/** A metric of Postern itself, with its documentation. */
export type Definition = {
  readonly kind: "counter" | "gauge" | "histogram";
  /** One line, for Prometheus and for the documentation. */
  readonly help: string;
  /** The labels, each with its possible values. */
  readonly labels: Readonly<Record<string, string>>;
};

const operation = "the operation, see below";
const code = "`extensions.code` of the first error, or `OK`";

export const definitions = {
  postern_http_requests_total: {
    kind: "counter",
    help: "HTTP requests that were answered or aborted, without probes and scrapes.",
    labels: { operation, status: "the HTTP status, or `aborted` if the client has gone", code },
  },
  postern_http_request_duration_seconds: {
    kind: "histogram",
    help: "Duration of requests from their first byte to the end of the response, without streams.",
    labels: { operation },
  },
  postern_socket_operations_total: {
    kind: "counter",
    help: "Operations over WebSockets; a subscription counts once, when it starts.",
    labels: { operation, code },
  },
  postern_credential_refusals_total: {
    kind: "counter",
    help: "Operations and WebSockets that were refused for their credential.",
    labels: { reason: "`extensions.reason`" },
  },
  postern_sessions_opened_total: {
    kind: "counter",
    help: "Sessions that were opened.",
    labels: { cause: "`login`, `register`" },
  },
  postern_sessions_renewed_total: { kind: "counter", help: "Sessions that were refreshed.", labels: {} },
  postern_sessions_ended_total: {
    kind: "counter",
    help: "Sessions that were ended before they expired.",
    labels: {
      cause: "`logout`, `logout_everywhere`, `revoked`, `password_changed`, `account_deleted`, `reuse`, `limit`",
    },
  },
  postern_attempts_refused_total: {
    kind: "counter",
    help: "Sign-ins, registrations, passwords and refresh tokens that were refused.",
    labels: {
      what: "`sign_in`, `registration`, `password`, `refresh`",
      cause: "the error's code, which is `TOO_MANY_ATTEMPTS` if the caller has to wait; for `refresh` the reason",
    },
  },
  postern_connections: { kind: "gauge", help: "TCP connections that are open.", labels: {} },
  postern_sockets: { kind: "gauge", help: "WebSockets that are open.", labels: {} },
  postern_streams: { kind: "gauge", help: "Streams of a subscription that are open.", labels: {} },
  postern_subscriptions: { kind: "gauge", help: "Active subscriptions.", labels: {} },
  postern_events_total: {
    kind: "counter",
    help: "Events that were read from the log for subscribers.",
    labels: {},
  },
  postern_events_sent_total: { kind: "counter", help: "Events that were sent to a subscriber.", labels: {} },
  postern_event_log_went_back_total: {
    kind: "counter",
    help: "Times that the event log had gone back, because a backup was restored or a failover lost commits.",
    labels: {},
  },
  postern_event_log_length: {
    kind: "gauge",
    help: "Events in the log, as this process counted them when it last pruned it.",
    labels: {},
  },
  postern_event_log_overdue_seconds: {
    kind: "gauge",
    help: "How much older the oldest event is than the events that are kept: 0 as long as pruning keeps up.",
    labels: {},
  },
  postern_socket_closes_total: {
    kind: "counter",
    help: "WebSockets that were closed.",
    labels: { code: "the close code if it is one in [live](live.md) or in RFC 6455, otherwise `other`" },
  },
  postern_queue_length: {
    kind: "gauge",
    help: "Jobs that wait in a queue.",
    labels: { queue: "`short_reads`, `slow_reads`, `writes`, `passwords`" },
  },
  postern_pool_places: {
    kind: "gauge",
    help: "Jobs that may run at a time.",
    labels: { pool: "`reads`, `writes`, `passwords`" },
  },
  postern_pool_busy: { kind: "gauge", help: "Jobs that run.", labels: { pool: "the same" } },
  postern_database_errors_total: {
    kind: "counter",
    help: "Errors of the database in operations and the event log.",
    labels: { kind: "`away`, `timeout`, `conflict`, `other`" },
  },
  postern_database_away: {
    kind: "gauge",
    help: "Processes that could not reach the database within the last 15 seconds.",
    labels: {},
  },
  postern_build_info: {
    kind: "gauge",
    help: "1 for each process, with its version.",
    labels: { version: "Postern's version" },
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof definitions;

/** The metrics of the process that prom-client provides, with their meaning. */
export const processDefinitions = {
  process_cpu_seconds_total: "Processor time.",
  process_resident_memory_bytes: "Memory of the process.",
  process_open_fds: "Open file descriptors.",
  process_max_fds: "Maximum number of open file descriptors.",
  process_start_time_seconds: "Start time; of several workers, that of the last one.",
  nodejs_eventloop_lag_mean_seconds: "Mean delay of the event loop since the last scrape.",
  nodejs_eventloop_lag_p99_seconds: "The same, 99th percentile.",
  nodejs_eventloop_lag_max_seconds: "The same, maximum.",
  nodejs_heap_size_used_bytes: "Used heap of V8.",
  nodejs_heap_size_total_bytes: "Total heap of V8.",
  nodejs_external_memory_bytes: "Memory of buffers outside the heap.",
  nodejs_gc_duration_seconds: "Duration of garbage collections, by `kind`.",
  nodejs_version_info: "1, with the version of Node.",
} as const;
