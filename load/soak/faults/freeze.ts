import { readdirSync, readFileSync } from "node:fs";

const stopped = new Set<number>();
// Frozen processes can't be ended by the clean-up, so they are resumed at exit.
process.once("exit", () => resumeAll([...stopped]));

/** Freezes a process and its children. Returns the ids for `resumeAll`. */
export function stopAll(pid: number): readonly number[] {
  // The parent first: it starts no more children while they are listed.
  process.kill(pid, "SIGSTOP");
  stopped.add(pid);
  const children = childrenOf(pid).filter((child) => signal(child, "SIGSTOP"));
  for (const child of children) stopped.add(child);
  return [...children, pid];
}

export function resumeAll(pids: readonly number[]): void {
  for (const pid of pids) {
    signal(pid, "SIGCONT");
    stopped.delete(pid);
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

/** Reads /proc: the parent's id is the second field after the name. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, ppid] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
        return Number(ppid) === parent;
      } catch {
        return false;
      }
    });
}
