import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { onTestFinished } from "vitest";

/** A folder of a test's own, gone when it is over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type Running = {
  readonly process: ChildProcess;
  /** What it printed when it was ready. */
  readonly ready: Record<string, any>;
  readonly url: string;
  readonly output: () => string;
};

/** The built server as a process in `folder`, with no environment but this. */
function launch(folder: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [resolve("dist/main.js")], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (text.out += chunk));
  child.stderr.on("data", (chunk) => (text.err += chunk));
  return { child, text };
}

/** Starts it and waits until it answers. */
export async function startProcess(folder: string, env: Record<string, string> = {}): Promise<Running> {
  const { child, text } = launch(folder, env);
  const ended = once(child, "exit");
  for (;;) {
    const line = text.out.split("\n").find((each) => each.includes('"msg":"ready"'));
    if (line !== undefined) {
      const ready = JSON.parse(line);
      return { process: child, ready, url: ready.graphql, output: () => text.out + text.err };
    }
    await Promise.race([once(child.stdout, "data"), ended]);
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${text.err}${text.out}`);
  }
}

/** Starts it where it can't, and waits for its end. */
export async function failProcess(folder: string, env: Record<string, string>) {
  const { child, text } = launch(folder, env);
  const [code] = await once(child, "close");
  return { code: code as number, ...text };
}

/** Ends it with a signal and waits until it is gone. */
export async function end(running: Running, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(running.process, "exit");
  running.process.kill(signal);
  return (await ended)[0] as number | null;
}

/** One GraphQL request to a process. */
export async function ask(url: string, query: string, variables: Record<string, unknown> = {}, token?: string) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data?: any; errors?: any[] };
}
