import type { WorkerMessage, WorkerOrder, WorkerReady } from "./workers.js";

/** Sends a message to the parent, unless it has ended. */
export const tellParent = (message: WorkerReady | WorkerMessage) =>
  void process.send!(message, undefined, {}, () => {});

/** Asks the parent for the metrics of all workers. It always answers, or ends together with its workers. */
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
