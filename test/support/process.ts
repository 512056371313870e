import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { onTestFinished, vi } from "vitest";

import { systemClock, systemTimer } from "../../src/foundation/clock.js";
import { readConfig } from "../../src/foundation/config/read-config.js";
import { makeLog } from "../../src/foundation/log.js";
import { startServer } from "../../src/server/server.js";

export type Running = {
  readonly process: ChildProcess;
  /** The line that it printed when it was ready. */
  readonly ready: Record<string, any>;
  readonly url: string;
  readonly output: () => string;
  /** Waits until it has printed a line that matches. */
  readonly says: (text: string) => Promise<void>;
};

/** Launches the built server as a process in `folder`, with this environment only. */
function launch(folder: string, env: Record<string, string>, main = resolve("dist/main.js"), uid?: number) {
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    ...(uid !== undefined && { uid, gid: uid }),
    env: { PATH: process.env["PATH"], PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (text.out += chunk));
  child.stderr.on("data", (chunk) => (text.err += chunk));
  return { child, text };
}

/** Starts the server, as another user if one is given, and waits until it answers. */
export async function startProcess(folder: string, env: Record<string, string> = {}, uid?: number): Promise<Running> {
  const { child, text } = launch(folder, env, undefined, uid);
  const ended = once(child, "exit");
  const lineWith = async (words: string): Promise<string> => {
    for (;;) {
      const line = text.out.split("\n").find((each) => each.includes(words));
      if (line !== undefined) return line;
      await Promise.race([once(child.stdout, "data"), ended]);
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${text.err}${text.out}`);
    }
  };
  const ready = JSON.parse(await lineWith('"msg":"ready"'));
  return {
    process: child,
    ready,
    url: ready.graphql,
    output: () => text.out + text.err,
    says: async (words) => void (await lineWith(words)),
  };
}

/**
 * Starts a second server in this process, with the database and the secret of the one in `folder`. Another process
 * would take as long to start as most tests.
 */
export async function joinHere(folder: string): Promise<{ readonly url: string }> {
  const { config } = readConfig({
    PORT: "0",
    DATABASE_URL: `sqlite:${join(folder, "data/postern.sqlite")}`,
    JWT_SECRET: readFileSync(join(folder, "data/jwt-secret"), "utf8"),
  });
  const log = makeLog("silent", systemClock, { write: () => {} });
  const server = await startServer({ config, clock: systemClock, timer: systemTimer, log });
  onTestFinished(server.stop);
  return server;
}

/** A command's exit code and output. */
export type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** Starts a server that is expected to fail, and waits for its end. */
export async function failProcess(folder: string, env: Record<string, string>, main?: string): Promise<Ended> {
  const { child, text } = launch(folder, env, main);
  const [code] = await once(child, "close");
  return { code: code as number, ...text };
}

let runs = 0;

/**
 * Runs a command's file in this process, which saves loading all modules again: in `folder`, with this environment and
 * these arguments only. For commands that end by themselves.
 */
export async function runHere(
  file: "src/main.ts",
  folder: string,
  { env = {}, args = [] }: { env?: Record<string, string>; args?: readonly string[] },
): Promise<Ended> {
  const before = { folder: process.cwd(), env: process.env, argv: process.argv };
  const listeners = stopSignals.map((signal) => process.listeners(signal));
  const text = { out: "", err: "" };
  let code: number | undefined;
  const say = (to: "out" | "err") => (line: unknown) => {
    if (code === undefined) text[to] += `${String(line)}\n`;
  };
  const spies = [
    vi.spyOn(console, "log").mockImplementation(say("out")),
    vi.spyOn(console, "error").mockImplementation(say("err")),
  ];
  const exit = new Promise<void>((exited) => {
    const note = (status = 0) => {
      code ??= status;
      exited();
    };
    spies.push(vi.spyOn(process, "exit").mockImplementation(note as never));
  });
  // A new name each time, since a module that is loaded doesn't run again.
  const url = `${pathToFileURL(resolve(file)).href}?run=${++runs}`;
  process.chdir(folder);
  process.env = env;
  process.argv = [process.execPath, file, ...args];
  try {
    await import(/* @vite-ignore */ url);
    await exit;
    // In this process, the command continues after `exit` until its next pause; its output is ignored.
    await new Promise((done) => setImmediate(done));
    return { code: code!, ...text };
  } finally {
    process.chdir(before.folder);
    process.env = before.env;
    process.argv = before.argv;
    for (const spy of spies) spy.mockRestore();
    for (const [index, signal] of stopSignals.entries())
      for (const listener of process.listeners(signal))
        if (!listeners[index]!.includes(listener)) process.removeListener(signal, listener);
  }
}

const stopSignals = ["SIGINT", "SIGTERM"] as const;

/** Sends a signal and waits until the process has ended. */
export async function end(running: Running, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(running.process, "exit");
  running.process.kill(signal);
  return (await ended)[0] as number | null;
}

/** Sends one GraphQL request to a process. */
export async function ask(url: string, query: string, variables: Record<string, unknown> = {}, token?: string) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data?: any; errors?: any[] };
}
