// Runs one step of the preparation and says on standard error what it is doing, and for how long.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

const isWindows = process.platform === "win32";
// A terminal shows one line that counts; a log gets a line now and then.
const isTerminal = process.stderr.isTTY;
const secondsBetweenLines = isTerminal ? 1 : 10;

/**
 * Runs the command of a step. Ends this process if the command fails or `check` returns a message. Standard output stays
 * empty: the command that runs next may print a secret or JSON for a script.
 */
export async function runStep({ does, command, begin, end, now, check }, position) {
  console.error(`Step ${position}: ${does} …`);
  begin?.();
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1000);
  const clock = setInterval(() => show(`  ${seconds()} s${now ? `: ${now()}` : ""}`), secondsBetweenLines * 1000);
  const code = await run(command).finally(() => clearInterval(clock));
  clear();
  if (code !== 0) process.exit(process.exitCode ?? code ?? 1);
  const problem = check?.();
  if (problem !== undefined) {
    console.error(problem);
    process.exit(1);
  }
  end?.();
  console.error(`Step ${position} took ${seconds()} s.`);
}

function show(line) {
  if (isTerminal) process.stderr.write(`\r\u001B[K${line}`);
  else console.error(line);
}

function clear() {
  if (isTerminal) process.stderr.write("\r\u001B[K");
}

/** Runs a command to its end. A signal to this process ends the command and all processes that it started. */
async function run([command, ...args]) {
  const child = spawn(command, args, {
    stdio: ["ignore", process.stderr, "inherit"],
    // In a group of its own, so that a signal reaches whatever the command has started.
    detached: !isWindows,
    shell: isWindows,
  });
  const stop = (signal) => {
    // SIGKILL, since npm finishes unpacking and then rolls back after any other signal.
    if (isWindows) child.kill();
    else if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    process.exitCode = 128 + constants.signals[signal];
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, stop);
  const [code] = await once(child, "exit");
  for (const signal of signals) process.off(signal, stop);
  return code;
}
