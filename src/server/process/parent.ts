import type { WorkerMessage, WorkerOrder, WorkerReady } from "./workers.js";

/** Tells the parent; where it has ended, nobody hears it. */
export const tellParent = (message: WorkerReady | WorkerMessage) =>
  void process.send!(message, undefined, {}, () => {});

/** What the parent gathers of all workers. It always answers, or ends, and its workers with it. */
export function askParent(message: "metrics of all"): Promise<string> {
  return new Promise((resolve, reject) => {
    const hear = (order: WorkerOrder) => {
      if (typeof order !== "object") return;
      process.off("message", hear);
      if (order.metricsOfAll === undefined) reject(new Error("the parent can't read the metrics"));
      else resolve(order.metricsOfAll);
    };
    process.on("message", hear);
    tellParent(message);
  });
}
