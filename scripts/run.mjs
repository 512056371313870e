// Runs a task of scripts/tasks.mjs after it has installed and built what the task needs. package.json has a script for each
// task, whose first argument is the task's name and whose second says to a reader of `npm run` what the task does.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { delimiter, resolve } from "node:path";

import { prepare } from "./prepare.mjs";
import { tasks } from "./tasks.mjs";

const isWindows = process.platform === "win32";

/** Runs a line of the table, with more arguments, and returns its exit code. */
async function runCommand(line, more) {
  const [program, ...args] = line.split(" ").concat(more);
  const path = [resolve("node_modules/.bin"), process.env.PATH].join(delimiter);
  const child = spawn(program === "node" ? process.execPath : program, args, {
    stdio: "inherit",
    env: { ...process.env, PATH: path },
    // Windows can't start the launchers of node_modules/.bin by itself.
    shell: isWindows && program !== "node",
  });
  const pass = (signal) => void child.kill(signal);
  // A terminal sends SIGINT to the child itself. A second one would stop a server without waiting for its requests.
  const passOn = { SIGTERM: pass, SIGHUP: pass, SIGINT: () => {} };
  for (const [signal, listener] of Object.entries(passOn)) process.on(signal, listener);
  const [code, signal] = await once(child, "exit");
  for (const [name, listener] of Object.entries(passOn)) process.off(name, listener);
  return code ?? 128 + constants.signals[signal];
}

const [name, , ...args] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) {
  console.error(`There is no task ${name}. "npm run" lists them.`);
  process.exit(1);
}
await prepare(task.needs);
for (const [index, line] of task.runs.entries()) {
  const code = await runCommand(line, index === task.runs.length - 1 ? args : []);
  if (code !== 0) process.exit(code);
}
