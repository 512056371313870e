#!/usr/bin/env node
// The command `postern`. A server loads no code of the other commands, and they load none of it.
import "./foundation/config/ensure-home.js";
import { endBySignals } from "./server/process/stop-signals.js";

// Before the imports below, since they take a moment.
endBySignals();

const args = process.argv.slice(2);

if (args.length === 0 || (args.length === 1 && args[0] === "start")) {
  const { serveUntilStopped } = await import("./server/process/serve.js");
  serveUntilStopped();
} else {
  const { runInProcess } = await import("./cli/run-in-process.js");
  const code = await runInProcess(args, async () => (await import("./graphql/schema.js")).featuresWith());
  // Exit at once: a connection that still waits for a lock would keep the process running.
  process.exit(code);
}
