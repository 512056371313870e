import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process that runs a module, so that its own work is not measured. It ends with this process. */
export async function forkModule(module: URL): Promise<ChildProcess> {
  const child = fork(fileURLToPath(module));
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
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
