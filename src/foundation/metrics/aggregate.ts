import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";

/** All metrics of a process, in a form that can be sent to another process. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Formats the metrics of several processes as one text for Prometheus. */
export function prometheusText(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate(snapshots as never[]).metrics();
}

/** Returns the counters of a process that has ended, so that no sum falls when it is gone. */
export function countersOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  // The library's type says number, but it is a string.
  return snapshot.filter(({ type }) => ["counter", "histogram"].includes(String(type)));
}

/** Adds up the metrics of several processes. */
export function aggregateSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return AggregatorRegistry.aggregate(snapshots as never[]).getMetricsAsJSON();
}
