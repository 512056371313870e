import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

/** Returns why system calls of a running process can't be made to fail on this machine; undefined if they can. */
export function whyNoFailingCalls(): string | undefined {
  const child = spawn("sleep", ["5"], { stdio: "ignore" });
  const attached = spawnSync("timeout", [
    "--signal=INT",
    "0.5",
    "strace",
    "-qq",
    "-e",
    "trace=none",
    "-p",
    `${child.pid}`,
  ]);
  child.kill("SIGKILL");
  const said = attached.error?.message ?? String(attached.stderr).trim();
  return said === "" ? undefined : said.split("\n", 1)[0]!;
}

/** System calls that fail, such as `fsync,fdatasync`, on these files and no others. */
export type Failing = { readonly calls: string; readonly files: readonly string[]; readonly error: "EIO" | "ENOSPC" };

/** Makes system calls of a process fail for a while. */
export async function failCalls(pid: number, { calls, files, error }: Failing, milliseconds: number): Promise<void> {
  const options = ["-qq", "-f", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}`];
  const strace = spawn("strace", [...options, ...files.flatMap((file) => ["-P", file]), "-p", `${pid}`], {
    stdio: "ignore",
  });
  const ended = once(strace, "exit");
  await pause(milliseconds);
  // With this signal it detaches from the process; killed, it might not.
  strace.kill("SIGINT");
  await ended;
}
