import { series } from "./promql.js";

export type Alert = {
  readonly name: string;
  /** In PromQL. Its result has the server's labels only. */
  readonly expression: string;
  /** How long the condition has to last, as Prometheus writes durations. */
  readonly lasting: string;
  /** "page" if people notice it now, "ticket" if it can wait until tomorrow. */
  readonly severity: "page" | "ticket";
  readonly means: string;
  readonly toDo: string;
  /** Series on which it fires within half an hour, as `promtool test rules` writes them, a minute apart. */
  readonly firesAt: Readonly<Record<string, string>>;
  /** Series on which it doesn't fire. */
  readonly quietAt?: Readonly<Record<string, string>>;
};

const perSecond = (of: string, window = "5m") => `sum by (instance) (rate(${of}[${window}]))`;
const most = (of: string) => `max by (instance) (${of})`;

const requests = "postern_http_requests_total";
const attempts = "postern_attempts_refused_total";
const ok = 'postern_http_requests_total{instance="a",operation="me",status="200",code="OK"}';
const failed = (code: string, status: string) =>
  `postern_http_requests_total{instance="a",operation="me",status="${status}",code="${code}"}`;

export const alerts: readonly Alert[] = [
  {
    name: "PosternEventLogWentBack",
    expression: `sum by (instance) (increase(${series("postern_event_log_went_back_total")}[10m])) > 0`,
    lasting: "0m",
    severity: "page",
    means:
      "The database lost events that clients had received: a failover lost commits, or a backup was restored under a running server.",
    toDo: "Find out what was lost. Clients received RESET to read their lists again, and the session of every open connection was verified again.",
    firesAt: { 'postern_event_log_went_back_total{instance="a"}': "0x20 1x10" },
  },
  {
    name: "PosternEventLogGrows",
    expression: `${most(series("postern_event_log_overdue_seconds"))} > 600`,
    lasting: "10m",
    severity: "ticket",
    means: "The event log keeps events for longer than `EVENT_LOG_TTL`: pruning doesn't keep up.",
    toDo: "See whether writes wait for long, and look for `the event log can't be read` in the log.",
    firesAt: { 'postern_event_log_overdue_seconds{instance="a"}': "0+120x30" },
  },
  {
    name: "PosternDown",
    expression: 'max by (instance) (up{job="postern"}) == 0',
    lasting: "1m",
    severity: "page",
    means: "Prometheus gets no answer from `/metrics`.",
    toDo: "Look whether the process runs, and at the end of its log.",
    firesAt: { 'up{job="postern",instance="a"}': "0x30" },
  },
  {
    name: "PosternInternalErrors",
    expression: `${perSecond(series(requests, { code: "INTERNAL_SERVER_ERROR" }))} > 0`,
    lasting: "1m",
    severity: "ticket",
    means: "The server has a bug, or the disk is full.",
    toDo: "Look for `internal error` in the log, with the stack and the incident's number.",
    firesAt: { [failed("INTERNAL_SERVER_ERROR", "500")]: "0+1x30" },
  },
  {
    name: "PosternUnavailable",
    expression: `${perSecond(series(requests, { code: "~SERVICE_UNAVAILABLE|TIMEOUT" }))} / ${perSecond(series(requests))} > 0.01`,
    lasting: "5m",
    severity: "page",
    means: "More than one request in a hundred is rejected because the server is busy, or times out.",
    toDo: "See which queue is long and whether the database is slow; [limits](limits.md) says who takes a share of what.",
    firesAt: { [ok]: "0+90x30", [failed("TIMEOUT", "503")]: "0+10x30" },
  },
  {
    name: "PosternSlow",
    expression: `histogram_quantile(0.99, sum by (instance, le) (rate(${series("postern_http_request_duration_seconds", {}, "_bucket")}[5m]))) > 1`,
    lasting: "10m",
    severity: "ticket",
    means: "One request in a hundred takes longer than a second.",
    toDo: "See which operation it is, and whether the event loop is late, a queue long or the database slow.",
    firesAt: {
      'postern_http_request_duration_seconds_bucket{instance="a",operation="me",le="1"}': "0+90x30",
      'postern_http_request_duration_seconds_bucket{instance="a",operation="me",le="2.5"}': "0+100x30",
      'postern_http_request_duration_seconds_bucket{instance="a",operation="me",le="+Inf"}': "0+100x30",
    },
  },
  {
    name: "PosternDatabaseAway",
    expression: `${most(series("postern_database_away"))} > 0`,
    lasting: "1m",
    severity: "page",
    means: "The database can't be reached, or stays locked.",
    toDo: "Look at the database and at `/readyz`. The server becomes ready by itself when the database is back.",
    firesAt: { 'postern_database_away{instance="a"}': "1x30" },
    // The database was away for less than a minute, just before.
    quietAt: { 'postern_database_away{instance="a"}': "0x23 1 0x5" },
  },
  {
    name: "PosternQueueLong",
    expression: `${most(series("postern_queue_length"))} > 100`,
    lasting: "5m",
    severity: "ticket",
    means: "More than a hundred operations wait for the database or for password hashing.",
    toDo: "See which queue it is. More connections, workers or another disk help only the queue that waits for them.",
    firesAt: { 'postern_queue_length{instance="a",queue="writes"}': "200x30" },
  },
  {
    name: "PosternPasswordGuessing",
    expression: `${perSecond(series(attempts, { what: "sign_in", cause: "TOO_MANY_ATTEMPTS" }), "10m")} > 1`,
    lasting: "10m",
    severity: "ticket",
    means: "Somebody tries passwords so often that they have to wait.",
    toDo: "The log has the addresses. The throttle keeps passwords safe; a proxy can block the addresses.",
    firesAt: { 'postern_attempts_refused_total{instance="a",what="sign_in",cause="TOO_MANY_ATTEMPTS"}': "0+120x30" },
  },
  {
    name: "PosternRefreshTokensReused",
    expression: `sum by (instance) (increase(${series(attempts, { what: "refresh", cause: "REUSED" })}[15m])) > 10`,
    lasting: "0m",
    severity: "ticket",
    means: "Refresh tokens are used a second time: they were stolen, or a client doesn't keep the newest.",
    toDo: "The log has the users. If there are many right after a client's release, that client has a bug.",
    firesAt: { 'postern_attempts_refused_total{instance="a",what="refresh",cause="REUSED"}': "0+2x30" },
  },
  {
    name: "PosternSocketsTurnedAway",
    expression: `${perSecond(series("postern_socket_closes_total", { code: "1013" }))} > 1`,
    lasting: "5m",
    severity: "ticket",
    means: "Sockets are closed with 1013 (try again later): their clients are too slow, or there are too many.",
    toDo: "Compare `postern_sockets` with `MAX_SOCKETS`, and see [live](live.md).",
    firesAt: { 'postern_socket_closes_total{instance="a",code="1013"}': "0+120x30" },
  },
  {
    name: "PosternEventLoopLate",
    expression: `${most(series("nodejs_eventloop_lag_p99_seconds"))} > 0.25`,
    lasting: "5m",
    severity: "ticket",
    means: "The process has more to do than one processor can.",
    toDo: "Add workers or servers, unless one operation is to blame.",
    firesAt: { 'nodejs_eventloop_lag_p99_seconds{instance="a"}': "0.5x30" },
  },
  {
    name: "PosternFileDescriptorsShort",
    expression: `${most(`${series("process_open_fds")} / ${series("process_max_fds")}`)} > 0.8`,
    lasting: "5m",
    severity: "page",
    means: "Soon the server can accept no more connections.",
    toDo: "Raise the limit of open files (`LimitNOFILE`), or lower `MAX_CONNECTIONS`.",
    firesAt: { 'process_open_fds{instance="a"}': "900x30", 'process_max_fds{instance="a"}': "1000x30" },
  },
];
