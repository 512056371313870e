// Row 11: a log into a pipe that nobody reads.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { clientOf } from "../../../client.js";
import { temporaryFolder } from "../../../seeded-database.js";
import * as documents from "../documents.js";
import { figure } from "../../../figures.js";
import { environment } from "../../../server-process.js";
import type { Row } from "../stage.js";

const grace = 5000;

export const fullPipe: Row = async ({ main }) => {
  const folder = temporaryFolder();
  const port = await freePort();
  // Through a shell, because Node gives its children sockets instead of pipes.
  const shell = spawn("sh", ["-c", `sh -c 'echo $$ >pid; exec "$0" "$1"' "$NODE" "$MAIN" | sleep 60`], {
    cwd: folder,
    env: { ...environment(join(folder, "postern.sqlite"), { PORT: String(port) }), NODE: process.execPath, MAIN: main },
    stdio: ["ignore", "ignore", "inherit"],
    detached: true,
  });
  const kill = () => {
    try {
      process.kill(-shell.pid!, "SIGKILL");
    } catch {
      // All processes of the group have ended.
    }
  };
  process.once("exit", kill);
  try {
    const client = clientOf(`http://127.0.0.1:${port}/graphql`, "10.5.0.1");
    await untilAnswered(() => client.send(documents.typename));
    // Each writes a line of the log, and a pipe of 64 KiB holds a few hundred.
    let answered = 0;
    for (let round = 0; round < 150; round += 1) {
      const answers = Array.from({ length: 20 }, () => client.send(documents.typename));
      const codes = await Promise.race([Promise.all(answers), pause(3000)]);
      if (codes === undefined) break;
      answered += codes.filter(({ code }) => code === "ok").length;
    }
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    const started = performance.now();
    process.kill(pid, "SIGTERM");
    while (isAlive(pid) && performance.now() - started < grace + 2000) await pause(20);
    const took = performance.now() - started;
    return [
      figure(11, "a log that nobody reads: answered of 3000", answered),
      figure(
        11,
        "a log that nobody reads: SIGTERM ends it after",
        isAlive(pid) ? "> 7000 ms" : took,
        "ms",
        grace + 1000,
      ),
    ];
  } finally {
    process.off("exit", kill);
    kill();
  }
};

async function untilAnswered(send: () => Promise<{ code: string }>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await send()).code === "ok") return;
    await pause(100);
  }
  throw new Error("the server was not ready in ten seconds");
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended, though it still exists.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
