import { askChild, forkModule } from "../../child.js";
import { median, quantile } from "../../statistics.js";
import type { Contestant } from "./contestants.js";
import type { Kind, Load, Outcome } from "./load.js";

/** One measurement: latencies in milliseconds, and the server's cost of each request. */
export type Measured = {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Of all the server's threads, in microseconds. */
  readonly processorMicroseconds: number;
};

const child = await forkModule(new URL("loader.ts", import.meta.url));

/** Puts a load on a contestant; the latencies are of the requests of `kind`. */
export async function measure(
  { server, name }: Contestant,
  load: Omit<Load, "port">,
  kind: Kind["name"],
): Promise<Measured> {
  const before = server.processorSeconds();
  const order: Load = { ...load, port: Number(new URL(server.url).port) };
  const { seconds, kinds } = (await askChild(child, order)) as Outcome;
  const used = server.processorSeconds() - before;
  const counts = Object.values(kinds).map(({ latencies }) => latencies.length);
  const failures = Object.values(kinds).reduce((sum, one) => sum + one.failures, 0);
  if (failures > 0) throw new Error(`${name} refused ${failures} requests of ${kind}`);
  const count = counts.reduce((a, b) => a + b, 0);
  const { latencies } = kinds[kind]!;
  return {
    requestsPerSecond: count / seconds,
    p50: median(latencies),
    p99: quantile(latencies, 0.99),
    processorMicroseconds: (used / count) * 1e6,
  };
}

/** Returns the medians of several rounds, figure by figure. */
export function medians(rounds: readonly Measured[]): Measured {
  const of = (pick: (round: Measured) => number) => median(rounds.map(pick));
  return {
    requestsPerSecond: of((round) => round.requestsPerSecond),
    p50: of((round) => round.p50),
    p99: of((round) => round.p99),
    processorMicroseconds: of((round) => round.processorMicroseconds),
  };
}
