import { constants } from "node:os";

/** The signals that stop a process. */
export const stopSignals = ["SIGINT", "SIGTERM"] as const;

/**
 * Has signals end the process at once as long as nobody else handles them. They would anyway, but for process 1 of a
 * container, which loses every signal that it has no handler for.
 */
export function endBySignals(): void {
  for (const signal of [...stopSignals, "SIGHUP"] as const) process.on(signal, endUnlessHandled);
}

function endUnlessHandled(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  process.off(signal, endUnlessHandled);
  process.kill(process.pid, signal);
  // Only process 1 gets here.
  process.exit(128 + constants.signals[signal]);
}
