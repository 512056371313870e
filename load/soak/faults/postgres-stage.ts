import { setTimeout as pause } from "node:timers/promises";

import { Client } from "pg";

import { startPostgres } from "../../../test/support/postgres-server.js";
import { away, type Fault, type Stage } from "./fault.js";
import { logGoesBack } from "./log-goes-back.js";
import { resumeAll, stopAll } from "./freeze.js";

/** Starts a PostgreSQL server with durable commits, as in production. */
export async function postgresStage(): Promise<Stage> {
  const server = await startPostgres({
    fsync: "on",
    full_page_writes: "on",
    autovacuum: "on",
    checkpoint_timeout: "30s",
    max_connections: "120",
  });

  /** Somebody of one's own, who isn't struck by the settings that are made for others. */
  const connected = async (): Promise<Client> => {
    const client = new Client({ connectionString: server.url, options: "-c default_transaction_read_only=off" });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const rows = async (query: string): Promise<any[]> => {
    const client = await connected();
    try {
      return (await client.query(query)).rows;
    } finally {
      await client.end();
    }
  };
  const cutAll = () =>
    rows("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'postern'");
  const setReadOnly = async (to: string) => {
    await rows(`alter system set default_transaction_read_only = ${to}`);
    await rows("select pg_reload_conf()");
  };

  const newest = async () => Number((await rows("select max(seq) as seq from events"))[0].seq ?? 0);
  const goesBack = logGoesBack(newest, async (statements) => {
    // The lock keeps others from numbering events. Several statements in one message are one transaction.
    await rows(["select pg_advisory_xact_lock(hashtext('postern events'))", ...statements].join("; "));
  });
  const both = { reads: away, writes: away };
  const faults: Fault[] = [
    goesBack,
    ...(["fast", "immediate"] as const).map((mode) => ({
      ...both,
      kind: `stop --mode=${mode}`,
      async run({ random }: Parameters<Fault["run"]>[0]) {
        await server.halt(mode);
        await pause(random.between(0, 3000));
        await server.start();
      },
    })),
    // Shorter and longer than an operation may take; and longer than the driver waits for an answer.
    ...(
      [
        ["SIGSTOP of the database", 500, 13_000],
        ["SIGSTOP for half a minute", 32_000, 35_000],
      ] as const
    ).map(([kind, least, most]) => ({
      ...both,
      kind,
      holdsCommits: true,
      async run({ random }: Parameters<Fault["run"]>[0]) {
        const stopped = stopAll(server.pid());
        await pause(random.between(least, most));
        resumeAll(stopped);
      },
    })),
    {
      ...both,
      kind: "all connections cut",
      async run({ random }) {
        for (let time = 1 + random.below(4); time > 0; time -= 1) {
          await cutAll();
          await pause(random.between(0, 500));
        }
      },
    },
    {
      kind: "read-only database",
      // Readers are not affected.
      reads: [],
      writes: away,
      async run({ random }) {
        await setReadOnly("on");
        await pause(random.between(1000, 4000));
        await setReadOnly("off");
      },
    },
    {
      ...both,
      kind: "connections exhausted",
      async run({ random }) {
        const taken: Client[] = [];
        const takeAll = async () => {
          for (;;) taken.push(await connected());
        };
        const until = performance.now() + random.between(2000, 5000);
        await takeAll().catch(() => {});
        // The servers have kept their connections so far; now they are free for whoever comes first.
        await taken[0]!.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'postern'",
        );
        while (performance.now() < until) {
          await takeAll().catch(() => {});
          await pause(50);
        }
        await Promise.all(taken.map((client) => client.end()));
      },
    },
    {
      kind: "a table locked",
      reads: [],
      writes: away,
      async run({ random }) {
        const client = await connected();
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
