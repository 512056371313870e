import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The built server as a process of its own, so that a bench's own work isn't measured with it. */
export async function startServerProcess(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
  const child = spawn(process.execPath, [resolve("dist/main.js")], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PORT: "0", LOG_LEVEL: "warn", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  while (!output.includes("\n")) await once(child.stdout, "data");
  const url = (JSON.parse(output.split("\n", 1)[0]!) as { graphql: string }).graphql;
  return {
    url,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Sends one GraphQL request. Answers what it said and how long it took, in milliseconds. */
export async function ask(url: string, query: string, variables: object, headers: Record<string, string> = {}) {
  const started = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: any; errors?: any[] };
  return { body, milliseconds: performance.now() - started };
}

/** The value below which a share of the figures lies. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export const median = (figures: readonly number[]) => quantile(figures, 0.5);
