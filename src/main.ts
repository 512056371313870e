#!/usr/bin/env node
// The command `postern`. A server loads nothing of what administers it, nor the other way round.
import "./foundation/config/home.js";
import { endBySignals } from "./server/process/stop-signals.js";

// First of all: to load the rest takes a moment, and so does all that a start or a command waits for.
endBySignals();

const args = process.argv.slice(2);

if (args.length === 0 || (args.length === 1 && args[0] === "start")) {
  const { serveUntilStopped } = await import("./server/process/serve.js");
  serveUntilStopped();
} else {
  const { administerProcess } = await import("./cli/process.js");
  const code = await administerProcess(args);
  // Not when all is done: a connection that still waits for a lock would keep the process.
  process.exit(code);
}
