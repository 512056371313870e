import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { Client } from "pg";

import { startPostgres } from "../../../test/support/postgres-server.js";
import type { Random } from "../../../src/cli/seed/random.js";
import { away, logGoesBack, type Fault, type TestedDatabase } from "./fault.js";

const cutAll = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'postern'";

/** Starts a PostgreSQL server with durable commits, as in production. */
export async function testedPostgres(): Promise<TestedDatabase> {
  const server = await startPostgres({
    fsync: "on",
    full_page_writes: "on",
    autovacuum: "on",
    checkpoint_timeout: "30s",
    max_connections: "120",
  });

  /** Connects with settings that the faults don't change. */
  const connect = async (): Promise<Client> => {
    const client = new Client({ connectionString: server.url, options: "-c default_transaction_read_only=off" });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const rows = async (query: string): Promise<any[]> => {
    const client = await connect();
    try {
      return (await client.query(query)).rows;
    } finally {
      await client.end();
    }
  };
  const setReadOnly = async (to: "on" | "off") => {
    await rows(`alter system set default_transaction_read_only = ${to}`);
    await rows("select pg_reload_conf()");
  };

  const both = { reads: away, writes: away };
  const stopped = (mode: "fast" | "immediate"): Fault => ({
    ...both,
    kind: `stop --mode=${mode}`,
    async run(random) {
      await server.halt(mode);
      await pause(random.between(0, 3000));
      await server.start();
    },
  });
  const frozen = (kind: string, least: number, most: number): Fault => ({
    ...both,
    kind,
    holdsCommits: true,
    async run(random) {
      const resume = freeze(server.pid());
      await pause(random.between(least, most));
      resume();
    },
  });
  const exhaustConnections = async (random: Random) => {
    const connected: Client[] = [];
    const connectAll = async () => {
      for (;;) connected.push(await connect());
    };
    const until = performance.now() + random.between(2000, 5000);
    await connectAll().catch(() => {});
    // The servers have kept their connections so far; now they are free for whoever comes first.
    await connected[0]!.query(cutAll);
    while (performance.now() < until) {
      await connectAll().catch(() => {});
      await pause(50);
    }
    await Promise.all(connected.map((client) => client.end()));
  };
  const faults: Fault[] = [
    logGoesBack(
      async () => Number((await rows("select max(seq) as seq from events"))[0].seq ?? 0),
      // The lock keeps others from numbering events. Several statements in one message are one transaction.
      (statements) => rows(["select pg_advisory_xact_lock(hashtext('postern events'))", ...statements].join("; ")),
    ),
    stopped("fast"),
    stopped("immediate"),
    // Shorter and longer than an operation may take; and longer than the driver waits for an answer.
    frozen("SIGSTOP of the database", 500, 13_000),
    frozen("SIGSTOP for half a minute", 32_000, 35_000),
    {
      ...both,
      kind: "all connections cut",
      async run(random) {
        for (let time = 1 + random.below(4); time > 0; time -= 1) {
          await rows(cutAll);
          await pause(random.between(0, 500));
        }
      },
    },
    {
      kind: "read-only database",
      reads: [],
      writes: away,
      async run(random) {
        await setReadOnly("on");
        await pause(random.between(1000, 4000));
        await setReadOnly("off");
      },
    },
    { ...both, kind: "connections exhausted", run: exhaustConnections },
    {
      kind: "a table locked",
      reads: [],
      writes: away,
      async run(random) {
        const client = await connect();
        await client.query("begin");
        await client.query("lock table posts in exclusive mode");
        await pause(random.between(1000, 13_000));
        await client.query("rollback");
        await client.end();
      },
    },
  ];
  return { name: "PostgreSQL", url: server.url, faults, skipped: [], rows, close: server.stop };
}

/** Stops a process and its children. Returns a function that resumes them, which also happens at exit. */
function freeze(pid: number): () => void {
  const frozen: number[] = [];
  const signalAll = (pids: readonly number[], signal: NodeJS.Signals) => {
    for (const each of pids) {
      try {
        process.kill(each, signal);
        frozen.push(each);
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  // The parent first: it starts no more children while they are listed.
  signalAll([pid], "SIGSTOP");
  signalAll(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number), "SIGSTOP");
  const resume = () => signalAll(frozen.splice(0).toReversed(), "SIGCONT");
  // Frozen processes can't be ended by the clean-up.
  process.once("exit", resume);
  return () => {
    process.off("exit", resume);
    resume();
  };
}
