import { series as metric } from "./promql.js";

/** A unit of Grafana's. */
type Unit = "short" | "reqps" | "ops" | "s" | "bytes" | "percentunit";

/** A panel of the dashboard. */
export type Panel = {
  readonly title: string;
  /** The panel's description: its subject, and how to read it. */
  readonly says: string;
  readonly unit: Unit;
  /** The queries in PromQL, by the legend of each line, which names labels in double braces. */
  readonly lines: Readonly<Record<string, string>>;
  /** Shows the latest value as a number. */
  readonly isNumber?: true;
};

/** Selects the servers that the reader chose at the top of the dashboard. */
const instance = "~$instance";

const series: typeof metric = (name, labels, suffix) => metric(name, { instance, ...labels }, suffix);
const perSecond = (of: string, ...by: readonly string[]): string =>
  `sum${by.length === 0 ? "" : ` by (${by.join(", ")})`} (rate(${of}[$__rate_interval]))`;
const duration = (quantile: number, ...by: readonly string[]): string =>
  `histogram_quantile(${quantile}, ${perSecond(series("postern_http_request_duration_seconds", {}, "_bucket"), "le", ...by)})`;
const requests = "postern_http_requests_total";

/** The panels of the dashboard, by row. */
export const panels: Readonly<Record<string, readonly Panel[]>> = {
  "What people notice": [
    {
      title: "Servers",
      says: "How many processes answer Prometheus. Each worker of a server counts.",
      unit: "short",
      lines: { "{{version}}": `sum by (version) (${series("postern_build_info")})` },
      isNumber: true,
    },
    {
      title: "Running for",
      says: "Uptime of the server that was started last.",
      unit: "s",
      lines: { "": `time() - max(${series("process_start_time_seconds")})` },
      isNumber: true,
    },
    {
      title: "Failed by the server's fault",
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
      says: "By the code of the first error. Refusals are the client's fault, the codes of the number above the server's.",
      unit: "reqps",
      lines: {
        "{{code}}": perSecond(series(requests, { code: "!OK" }), "code"),
        "{{code}}, over a socket": perSecond(series("postern_socket_operations_total", { code: "!OK" }), "code"),
      },
    },
    {
      title: "How long requests take",
      says: "Median, 90th and 99th percentile, without streams.",
      unit: "s",
      lines: { half: duration(0.5), "90 %": duration(0.9), "99 %": duration(0.99) },
    },
    {
      title: "How long operations take",
      says: "99th percentile of each operation.",
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
      says: "Passwords, registrations and refresh tokens. `TOO_MANY_ATTEMPTS` means that the client has to wait.",
      unit: "ops",
      lines: { "{{what}}: {{cause}}": perSecond(series("postern_attempts_refused_total"), "what", "cause") },
    },
    {
      title: "Refused credentials",
      says: "`TOKEN_EXPIRED` is normal for every client; `TOKEN_INVALID` should not occur.",
      unit: "ops",
      lines: { "{{reason}}": perSecond(series("postern_credential_refusals_total"), "reason") },
    },
  ],
  Live: [
    {
      title: "Connections",
      says: "Open connections and their traffic.",
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
      says: "Events read from the log, and events sent, one for each subscriber.",
      unit: "ops",
      lines: {
        read: perSecond(series("postern_events_total")),
        sent: perSecond(series("postern_events_sent_total")),
      },
    },
    {
      title: "Event log",
      says: "Events that are kept, and how often the log went back. Overdue is 0 as long as pruning keeps up.",
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
      says: "By close code: 1013 asks clients to try again later, 4401 means that the token has expired.",
      unit: "ops",
      lines: { "{{code}}": perSecond(series("postern_socket_closes_total"), "code") },
    },
  ],
  Database: [
    {
      title: "Waiting",
      says: "Lengths of the queues. A queue that stays long shows which resource is short.",
      unit: "short",
      lines: { "{{queue}}": `sum by (queue) (${series("postern_queue_length")})` },
    },
    {
      title: "Busy",
      says: "Share of the places for reads, writes and passwords that is in use.",
      unit: "percentunit",
      lines: {
        "{{pool}}": `sum by (pool) (${series("postern_pool_busy")}) / sum by (pool) (${series("postern_pool_places")})`,
      },
    },
    {
      title: "Errors of the database",
      says: "`away`: it can't be reached or stays locked. `conflict`: retries didn't help.",
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
      says: "Its delay: maximum, 99th percentile and mean. Every request waits this long in addition to its own work.",
      unit: "s",
      lines: {
        "{{instance}}, at worst": series("nodejs_eventloop_lag_max_seconds"),
        "{{instance}}, 99 %": series("nodejs_eventloop_lag_p99_seconds"),
        "{{instance}}, on average": series("nodejs_eventloop_lag_mean_seconds"),
      },
    },
    {
      title: "Memory",
      says: "The whole process, V8's heap in it, the used part of the heap, and buffers outside the heap.",
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
      says: "The share of the time that V8 spends on garbage collection.",
      unit: "percentunit",
      lines: { "{{kind}}": perSecond(series("nodejs_gc_duration_seconds", {}, "_sum"), "kind") },
    },
    {
      title: "File descriptors",
      says: "Open descriptors, and their limit.",
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
