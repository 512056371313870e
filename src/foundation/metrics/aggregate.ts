import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";

/** All that a process has measured, as it can be sent to another one. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/** What several processes have measured, as one text for Prometheus. */
export function prometheusText(measured: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate(measured as never[]).metrics();
}

/** What is left of a process that has ended: what it has counted, so that no sum falls when it goes. */
export function countersOf(measured: MetricsSnapshot): MetricsSnapshot {
  // The library's type says a number, and it is a word.
  return measured.filter(({ type }) => ["counter", "histogram"].includes(String(type)));
}

/** The same of several, as one. */
export function aggregateSnapshots(measured: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return AggregatorRegistry.aggregate(measured as never[]).getMetricsAsJSON();
}
