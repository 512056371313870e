import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";

import { expect, inject, onTestFinished, test } from "vitest";

import { newDatabaseUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { end, failProcess, startProcess, type Running } from "../../support/process.js";

/** The processes that a process has started and that have not ended. */
function workersOf(parent: number): number[] {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  const columns = processes.map((line) => line.trim().split(/\s+/));
  return columns
    .filter(([, ppid, stat]) => Number(ppid) === parent && !stat!.startsWith("Z"))
    .map(([pid]) => Number(pid));
}

/** One GraphQL request on a connection of its own, so that any worker may get it. */
async function ask(url: string, query: string, token?: string): Promise<any> {
  const asked = request(url, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  }).end(JSON.stringify({ query }));
  const [response] = await once(asked, "response");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return JSON.parse(text);
}

/** Returns an answer of another worker: of two requests, the worker that is stopped gets at most one. */
async function askOthers(stopped: number, url: string, query: string, token: string): Promise<any> {
  process.kill(stopped, "SIGSTOP");
  const answers = [ask(url, query, token), ask(url, query, token)];
  const first = await Promise.any(answers);
  process.kill(stopped, "SIGCONT");
  await Promise.all(answers);
  return first;
}

async function start(env: Record<string, string> = {}): Promise<Running & { pid: number; workers: number[] }> {
  const running = await startProcess(newFolder(), { WORKERS: "2", DATABASE_URL: await newDatabaseUrl(), ...env });
  const pid = running.process.pid!;
  const workers = workersOf(pid);
  onTestFinished(() => {
    for (const worker of workersOf(pid)) process.kill(worker, "SIGKILL");
  });
  return { ...running, pid, workers };
}

const register = `mutation {
  register(input: { email: "a@example.com", name: "A", password: "a long password" }) { accessToken }
}`;
const me = "{ me { name } }";

// The same on every database.
const isOnce = inject("database") === "sqlite";

test("serves one port with several processes, which verify a token alike from its first use until it expires", async () => {
  const { url, ready, workers, output, ...running } = await start();
  expect(ready).toMatchObject({ workers: 2, signingKey: "secret generated, kept in data/jwt-secret" });
  expect(workers).toHaveLength(2);
  const token: string = (await ask(url, register)).data.register.accessToken;

  for (const worker of workers)
    expect(await askOthers(worker, url, me, token)).toEqual({ data: { me: { name: "A" } } });
  expect((await ask(url, "mutation { logout { endedSessions } }", token)).data.logout.endedSessions).toBe(1);
  for (const worker of workers)
    expect((await askOthers(worker, url, me, token)).errors[0].extensions.reason).toBe("SESSION_REVOKED");

  expect(await end({ ...running, url, ready, output }, "SIGTERM")).toBe(0);
  expect(workers.filter((worker) => isRunning(worker))).toEqual([]);
  const messages = output()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).msg);
  const ofRequests = new Set(["request", "session"]);
  const ofAll = ["newest event at the start", "ready", "stopping", "stopped"];
  expect(messages.filter((message) => !ofRequests.has(message))).toEqual(ofAll);
  expect(messages.filter((message) => message === "request")).toHaveLength(10);
});

test.runIf(isOnce)(
  "keeps answering when a worker is killed, starts another, and ends with 1 if they keep dying",
  async () => {
    const { url, pid, workers, says, output, process: parent } = await start();

    process.kill(workers[0]!, "SIGKILL");
    await says('"msg":"a worker ended"');
    for (let asked = 0; asked < 10; asked += 1) expect(await ask(url, "{ __typename }")).toHaveProperty("data");
    await says("another worker has taken its place");

    const after = workersOf(pid);
    expect(after).toHaveLength(2);
    expect(after).toContain(workers[1]);
    // The new one answers.
    expect(await askOthers(workers[1]!, url, "{ __typename }", "")).toHaveProperty("data");
    expect(output()).toContain(`"pid":${workers[0]},"code":null,"signal":"SIGKILL","msg":"a worker ended"`);

    const ended = once(parent, "close");
    while (parent.exitCode === null) {
      for (const worker of workersOf(pid)) killIfThere(worker);
      // It says of each that it ended when it has started another.
      await Promise.race([once(parent.stdout!, "data"), ended]);
    }
    expect(await ended).toEqual([1, null]);
    expect(output()).toMatch(/^Workers ended 7 times within a minute, so the server has ended too$/m);
  },
);

test.runIf(isOnce)("ends its workers when it is killed", async () => {
  const { process: parent } = await start();
  parent.kill("SIGKILL");
  // They have the other ends of its pipes.
  expect(await once(parent, "close")).toEqual([null, "SIGKILL"]);
});

test.runIf(isOnce)(
  "closes a connection above the limit even if every worker is full, and ends in time even if a worker doesn't",
  async () => {
    const { url, workers, process: parent } = await start({ MAX_CONNECTIONS: "1", SHUTDOWN_GRACE: "1s" });
    const { port, hostname } = new URL(url);
    const sockets = Array.from({ length: 5 }, () => connect(Number(port), hostname));
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    let closed = 0;
    await new Promise<void>((done) => {
      for (const socket of sockets) socket.once("close", () => (closed += 1) === 3 && done());
    });
    expect(sockets.filter((socket) => !socket.closed)).toHaveLength(2);

    process.kill(workers[0]!, "SIGSTOP");
    parent.kill("SIGTERM");
    expect(await once(parent, "close")).toEqual([null, "SIGKILL"]);
  },
);

test.runIf(isOnce)("logs once what every worker would log", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  for (const [env, says] of [
    [{ PORT: String(port) }, /^Port \d+ on 127.0.0.1 is in use: .*\n$/],
    [{ DATABASE_URL: "sqlite:." }, /^DATABASE_URL names a file that can't be used, .*\n$/],
    [{ DATABASE_URL: "sqlite::memory:" }, /^WORKERS must be 1 with sqlite::memory:, .*\n$/],
  ] as const) {
    const { code, out, err } = await failProcess(newFolder(), { WORKERS: "3", ...env });
    expect({ code, out, err }).toEqual({ code: 1, out: "", err: expect.stringMatching(says) });
  }
});

/** The parent may end them at the same time. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
