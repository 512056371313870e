import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Returns a command that runs Node, on one core if a core is given. Children of the process stay on it too. */
export const nodeCommand = (core: number | undefined): readonly [string, ...string[]] =>
  core === undefined ? [process.execPath] : ["taskset", "-c", String(core), process.execPath];

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Starts a process that runs a module, so that its own work is not measured. It ends with this process. */
export async function forkModule(module: URL, core?: number): Promise<ChildProcess> {
  const [execPath, ...before] = nodeCommand(core);
  const child = fork(fileURLToPath(module), { execPath, execArgv: [...before, ...process.execArgv] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  await once(child, "spawn");
  return child;
}

/** Sends a message to a child and returns its answer. Rejects if the child ends instead. */
export async function askChild(child: ChildProcess, message: object): Promise<any> {
  const done = new AbortController();
  const next = (event: string) => once(child, event, { signal: done.signal });
  const ended = next("exit").then(() => Promise.reject(new Error("a child process ended before it answered")));
  try {
    const answered = next("message");
    child.send(message);
    const [answer] = await Promise.race([answered, ended]);
    return answer;
  } finally {
    done.abort();
  }
}
