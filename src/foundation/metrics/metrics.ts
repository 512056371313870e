import type { MetricsSnapshot } from "./aggregate.js";
import type { LabelledOperation } from "./operation-label.js";

/** Records what happens, for Prometheus. No value of a label comes from a client. */
export type Metrics = {
  readonly request: (answered: AnsweredRequest) => void;
  readonly socketOperation: (outcome: LabelledOperation | undefined, code: unknown, reason: string | undefined) => void;
  readonly credentialRefused: (reason: unknown) => void;
  readonly session: (noted: CountedSessionEvent) => void;
  readonly socketClosed: (code: number) => void;
  readonly event: () => void;
  readonly eventSent: () => void;
  readonly eventLogWentBack: () => void;
  readonly databaseError: (kind: DatabaseErrorKind) => void;
  /** Sets the function that reads the gauges at each scrape. */
  readonly watch: (loads: () => Loads) => void;
  readonly snapshot: () => Promise<MetricsSnapshot>;
  readonly text: () => Promise<string>;
};

export type AnsweredRequest = {
  readonly outcome: LabelledOperation | undefined;
  /** Undefined if the client has gone. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  /** Undefined if the duration means nothing, as for a stream. */
  readonly seconds: number | undefined;
};

export type CountedSessionEvent = { readonly event: string; readonly cause?: string; readonly count?: number };

export type DatabaseErrorKind = "away" | "timeout" | "conflict" | "other";

/** The values of all gauges at an instant. */
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
