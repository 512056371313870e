/** What is measured of Postern itself, and how it is explained. Nothing else lists it. */
export type Definition = {
  readonly kind: "counter" | "gauge" | "histogram";
  /** One line, for Prometheus and for the documentation. */
  readonly help: string;
  /** Each label, with what its values are. */
  readonly labels: Readonly<Record<string, string>>;
};

const operation = "the operation, see below";
const code = "`extensions.code` of the first error, or `OK`";

export const definitions = {
  postern_http_requests_total: {
    kind: "counter",
    help: "HTTP requests that were answered or given up; probes and scrapes apart.",
    labels: { operation, status: "the HTTP status, or `aborted` where the client has gone", code },
  },
  postern_http_request_duration_seconds: {
    kind: "histogram",
    help: "How long requests took from their first byte to the end of their answer; streams apart.",
    labels: { operation },
  },
  postern_socket_operations_total: {
    kind: "counter",
    help: "Operations that came over sockets; a subscription once, when it begins.",
    labels: { operation, code },
  },
  postern_credential_refusals_total: {
    kind: "counter",
    help: "Operations and sockets that were refused for their credential.",
    labels: { reason: "`extensions.reason`" },
  },
  postern_sessions_opened_total: {
    kind: "counter",
    help: "Sessions that were opened.",
    labels: { cause: "`login`, `register`" },
  },
  postern_sessions_renewed_total: { kind: "counter", help: "Sessions that were renewed.", labels: {} },
  postern_sessions_ended_total: {
    kind: "counter",
    help: "Sessions that were ended before their time.",
    labels: {
      cause: "`logout`, `logout_everywhere`, `revoked`, `password_changed`, `account_deleted`, `reuse`, `limit`",
    },
  },
  postern_attempts_refused_total: {
    kind: "counter",
    help: "Sign-ins, registrations, passwords and refresh tokens that were refused.",
    labels: {
      what: "`sign_in`, `registration`, `password`, `refresh`",
      cause: "the error's code, which is `TOO_MANY_ATTEMPTS` for who has to wait; of `refresh` the reason",
    },
  },
  postern_connections: { kind: "gauge", help: "TCP connections that are open.", labels: {} },
  postern_sockets: { kind: "gauge", help: "WebSockets that are open.", labels: {} },
  postern_streams: { kind: "gauge", help: "Streams of a subscription that are open.", labels: {} },
  postern_subscriptions: { kind: "gauge", help: "Subscriptions that are told of events.", labels: {} },
  postern_events_total: {
    kind: "counter",
    help: "Events of posts that were read from the log for those who subscribe.",
    labels: {},
  },
  postern_events_sent_total: { kind: "counter", help: "Events that were sent to a subscriber.", labels: {} },
  postern_event_log_went_back_total: {
    kind: "counter",
    help: "How often the event log had gone back: a backup was restored, or a failover lost commits.",
    labels: {},
  },
  postern_event_log_length: {
    kind: "gauge",
    help: "Events in the log, as this process counted them when it last pruned it.",
    labels: {},
  },
  postern_event_log_overdue_seconds: {
    kind: "gauge",
    help: "How much older the oldest event is than any that is kept: 0 as long as pruning keeps up.",
    labels: {},
  },
  postern_socket_closes_total: {
    kind: "counter",
    help: "WebSockets that were closed.",
    labels: { code: "the close code where it is one of those in [live](live.md) or RFC 6455's, or `other`" },
  },
  postern_queue_length: {
    kind: "gauge",
    help: "What waits for its turn.",
    labels: { queue: "`short_reads`, `slow_reads`, `writes`, `passwords`" },
  },
  postern_pool_places: {
    kind: "gauge",
    help: "How many may run at a time.",
    labels: { pool: "`reads`, `writes`, `passwords`" },
  },
  postern_pool_busy: { kind: "gauge", help: "How many do.", labels: { pool: "the same" } },
  postern_database_errors_total: {
    kind: "counter",
    help: "Errors of the database that an operation met, or the event log.",
    labels: { kind: "`away`, `timeout`, `conflict`, `other`" },
  },
  postern_database_away: {
    kind: "gauge",
    help: "How many processes found the database away within the last 15 seconds.",
    labels: {},
  },
  postern_build_info: {
    kind: "gauge",
    help: "1 for each process, with its version.",
    labels: { version: "Postern's version" },
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof definitions;

/** What is taken over of prom-client's measures of the process, with what they say. */
export const processDefinitions = {
  process_cpu_seconds_total: "Processor time.",
  process_resident_memory_bytes: "Memory that the process has.",
  process_open_fds: "File descriptors that are open.",
  process_max_fds: "How many may be.",
  process_start_time_seconds: "When it was started; of several workers, the last one.",
  nodejs_eventloop_lag_mean_seconds: "How late the event loop was since the last scrape, on average.",
  nodejs_eventloop_lag_p99_seconds: "The same, of the worst hundredth.",
  nodejs_eventloop_lag_max_seconds: "The same, at worst.",
  nodejs_heap_size_used_bytes: "V8's heap that is in use.",
  nodejs_heap_size_total_bytes: "V8's heap.",
  nodejs_external_memory_bytes: "Memory of buffers outside of it.",
  nodejs_gc_duration_seconds: "How long V8 collected garbage, by `kind`.",
  nodejs_version_info: "1, with the version of Node.",
} as const;
