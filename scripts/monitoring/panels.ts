import { series as metric } from "./promql.js";

/** What Grafana writes values with. */
type Unit = "short" | "reqps" | "ops" | "s" | "bytes" | "percentunit";

/** A drawing of the dashboard. */
export type Panel = {
  readonly title: string;
  /** What it tells, and what to make of that. */
  readonly says: string;
  readonly unit: Unit;
  /** What is drawn, in PromQL, by the legend of each line, which names labels in double braces. */
  readonly lines: Readonly<Record<string, string>>;
  /** A number alone, of the last instant. */
  readonly isNumber?: true;
};

/** Servers that were chosen above the drawings. */
const instance = "~$instance";

const series: typeof metric = (name, labels, suffix) => metric(name, { instance, ...labels }, suffix);
const perSecond = (of: string, ...by: readonly string[]): string =>
  `sum${by.length === 0 ? "" : ` by (${by.join(", ")})`} (rate(${of}[$__rate_interval]))`;
const duration = (quantile: number, ...by: readonly string[]): string =>
  `histogram_quantile(${quantile}, ${perSecond(series("postern_http_request_duration_seconds", {}, "_bucket"), "le", ...by)})`;
const requests = "postern_http_requests_total";

/** The drawings of the dashboard by their rows. */
export const panels: Readonly<Record<string, readonly Panel[]>> = {
  "What people notice": [
    {
      title: "Servers",
      says: "How many processes answer Prometheus; workers of one server are several.",
      unit: "short",
      lines: { "{{version}}": `sum by (version) (${series("postern_build_info")})` },
      isNumber: true,
    },
    {
      title: "Running for",
      says: "How long the server that was started last has run.",
      unit: "s",
      lines: { "": `time() - max(${series("process_start_time_seconds")})` },
      isNumber: true,
    },
    {
      title: "Failed for our fault",
      says: "The share of requests that were answered INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE or TIMEOUT.",
      unit: "percentunit",
      lines: {
        "": `(${perSecond(series(requests, { code: "~INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE|TIMEOUT" }))} or vector(0)) / ${perSecond(series(requests))}`,
      },
      isNumber: true,
    },
    {
      title: "Requests",
      says: "By operation; `other` has several root fields or an unknown name, `none` is no operation.",
      unit: "reqps",
      lines: { "{{operation}}": perSecond(series(requests), "operation") },
    },
    {
      title: "Not answered as asked",
      says: "By the code of the first error. Refusals are a client's, the codes of the number above are ours.",
      unit: "reqps",
      lines: {
        "{{code}}": perSecond(series(requests, { code: "!OK" }), "code"),
        "{{code}}, over a socket": perSecond(series("postern_socket_operations_total", { code: "!OK" }), "code"),
      },
    },
    {
      title: "How long requests take",
      says: "Half of all, nine of ten, and 99 of a hundred take no longer; streams apart.",
      unit: "s",
      lines: { half: duration(0.5), "90 %": duration(0.9), "99 %": duration(0.99) },
    },
    {
      title: "How long operations take",
      says: "The slowest hundredth of each operation takes longer.",
      unit: "s",
      lines: { "{{operation}}": duration(0.99, "operation") },
    },
  ],
  Sessions: [
    {
      title: "Opened, renewed and ended",
      says: "Many that end by `reuse` are stolen refresh tokens, or a client that doesn't keep the newest.",
      unit: "ops",
      lines: {
        "opened by {{cause}}": perSecond(series("postern_sessions_opened_total"), "cause"),
        renewed: perSecond(series("postern_sessions_renewed_total")),
        "ended by {{cause}}": perSecond(series("postern_sessions_ended_total"), "cause"),
      },
    },
    {
      title: "Refused tries",
      says: "Passwords, registrations and refresh tokens. `TOO_MANY_ATTEMPTS` has to wait.",
      unit: "ops",
      lines: { "{{what}}: {{cause}}": perSecond(series("postern_attempts_refused_total"), "what", "cause") },
    },
    {
      title: "Refused credentials",
      says: "`TOKEN_EXPIRED` is every client's daily business, `TOKEN_INVALID` should be nobody's.",
      unit: "ops",
      lines: { "{{reason}}": perSecond(series("postern_credential_refusals_total"), "reason") },
    },
  ],
  Live: [
    {
      title: "Connections",
      says: "Those that are open, and what goes on over them.",
      unit: "short",
      lines: {
        connections: `sum(${series("postern_connections")})`,
        sockets: `sum(${series("postern_sockets")})`,
        streams: `sum(${series("postern_streams")})`,
        subscriptions: `sum(${series("postern_subscriptions")})`,
      },
    },
    {
      title: "Events",
      says: "Those read from the log, and those sent, one for each subscriber that is told.",
      unit: "ops",
      lines: {
        read: perSecond(series("postern_events_total")),
        sent: perSecond(series("postern_events_sent_total")),
      },
    },
    {
      title: "Event log",
      says: "Events that are kept, and how often the log had gone back. Overdue is 0 as long as pruning keeps up.",
      unit: "short",
      lines: {
        events: `max by (instance) (${series("postern_event_log_length")})`,
        "went back": `sum by (instance) (increase(${series("postern_event_log_went_back_total")}[1h]))`,
        "overdue seconds": `max by (instance) (${series("postern_event_log_overdue_seconds")})`,
      },
    },
    {
      title: "Operations over sockets",
      says: "A subscription counts once, when it begins.",
      unit: "ops",
      lines: { "{{operation}}": perSecond(series("postern_socket_operations_total"), "operation") },
    },
    {
      title: "Sockets closed",
      says: "By close code: 1013 turns clients away for now, 4401 ends with the token.",
      unit: "ops",
      lines: { "{{code}}": perSecond(series("postern_socket_closes_total"), "code") },
    },
  ],
  Database: [
    {
      title: "Waiting",
      says: "What waits for its turn. A queue that stays long says which part is short.",
      unit: "short",
      lines: { "{{queue}}": `sum by (queue) (${series("postern_queue_length")})` },
    },
    {
      title: "Busy",
      says: "Of the places for reads, writes and passwords, how many are taken.",
      unit: "percentunit",
      lines: {
        "{{pool}}": `sum by (pool) (${series("postern_pool_busy")}) / sum by (pool) (${series("postern_pool_places")})`,
      },
    },
    {
      title: "Errors of the database",
      says: "`away` can't be reached or stays locked, `conflict` was tried again in vain.",
      unit: "ops",
      lines: {
        "{{kind}}": perSecond(series("postern_database_errors_total"), "kind"),
        "processes without it": `sum(${series("postern_database_away")})`,
      },
    },
  ],
  Process: [
    {
      title: "Processor",
      says: "1 is one core; one process can use little more than that.",
      unit: "short",
      lines: { "{{instance}}": perSecond(series("process_cpu_seconds_total"), "instance") },
    },
    {
      title: "Event loop",
      says: "How late it is at worst, for the worst hundredth, and on average: what every request waits beside its own work.",
      unit: "s",
      lines: {
        "{{instance}}, at worst": series("nodejs_eventloop_lag_max_seconds"),
        "{{instance}}, 99 %": series("nodejs_eventloop_lag_p99_seconds"),
        "{{instance}}, on average": series("nodejs_eventloop_lag_mean_seconds"),
      },
    },
    {
      title: "Memory",
      says: "All that the process has, V8's heap of that, what is in use of the heap, and buffers outside of it.",
      unit: "bytes",
      lines: {
        "{{instance}}, all": series("process_resident_memory_bytes"),
        "{{instance}}, heap": series("nodejs_heap_size_total_bytes"),
        "{{instance}}, heap in use": series("nodejs_heap_size_used_bytes"),
        "{{instance}}, buffers": series("nodejs_external_memory_bytes"),
      },
    },
    {
      title: "Collecting garbage",
      says: "The share of the time that V8 spends on it.",
      unit: "percentunit",
      lines: { "{{kind}}": perSecond(series("nodejs_gc_duration_seconds", {}, "_sum"), "kind") },
    },
    {
      title: "File descriptors",
      says: "Those that are open, of those that may be.",
      unit: "percentunit",
      lines: { "{{instance}}": `${series("process_open_fds")} / ${series("process_max_fds")}` },
    },
    {
      title: "Node",
      says: "How many processes run on which version.",
      unit: "short",
      lines: { "{{version}}": `sum by (version) (${series("nodejs_version_info")})` },
    },
  ],
};
