import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { secret } from "./tokens.js";

export type RecordedServer = {
  /** The address of its endpoint. */
  readonly url: string;
  /** Sends SIGTERM, and waits until the process has ended. */
  readonly stop: () => Promise<void>;
};

/** Starts the built server of a checkout as a process of its own, in an empty folder. */
export async function startBuilt(
  checkout: string,
  databaseUrl: string,
  settings: Readonly<Record<string, string>>,
): Promise<RecordedServer> {
  const folder = mkdtempSync(join(tmpdir(), "postern-answers-"));
  const child = spawn(process.execPath, [resolve(checkout, "dist/main.js")], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOST: "127.0.0.1",
      PORT: "0",
      JWT_SECRET: secret,
      DATABASE_URL: databaseUrl,
      // The address of a client is then what X-Forwarded-For says.
      TRUST_PROXY: "loopback",
      SHUTDOWN_GRACE: "5s",
      ...settings,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const killWithParent = () => child.kill("SIGKILL");
  process.once("exit", killWithParent);
  const url = await new Promise<string>((found, fail) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.includes('"graphql"')) found((JSON.parse(line) as { graphql: string }).graphql);
    });
    child.once("exit", (code) => fail(new Error(`the server ended with ${code} before it was ready`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      process.off("exit", killWithParent);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
