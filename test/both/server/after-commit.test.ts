// Work that follows a commit, and subscribers of MikroORM that would miss changes.
import { expect, test } from "vitest";

import { transactionsOn } from "../../../src/database/transaction.js";
import { afterCommit, Post, sql, type AfterCommit } from "../../../src/index.js";
import { startApi, type Api } from "../../support/api.js";

/** Runs a transaction of the server. */
async function inTransaction(api: Api, work: Work) {
  const context = await api.server.createContext({ authorization: [], userAgent: null, address: null });
  try {
    return await context.transaction(work);
  } finally {
    context.operation.end();
  }
}
type Context = Awaited<ReturnType<Api["server"]["createContext"]>>;
type Work = Parameters<Context["transaction"]>[0];

test("runs once after the commit, with access to what was committed, and may change more", async () => {
  const api = await startApi();
  await api.register("Ada");
  const found: unknown[] = [];
  const finished = new Promise<void>((resolve) => {
    const run: AfterCommit = async ({ reader, transaction, signal }) => {
      signal.throwIfAborted();
      await transaction((em) => em.execute("update users set name = 'Bea' where name = 'Eve'"));
      found.push(await reader.all(sql`select name from users`));
      resolve();
    };
    void inTransaction(api, async (em) => {
      await em.execute("update users set name = 'Eve'");
      afterCommit(em, run);
      expect(found).toEqual([]);
    });
  });
  await finished;
  expect(found).toEqual([[{ name: "Bea" }]]);
});

test("doesn't run if its transaction or savepoint is undone", async () => {
  const api = await startApi();
  const ran: string[] = [];
  const note =
    (text: string): AfterCommit =>
    async () =>
      void ran.push(text);
  const undone = new Error("undone");
  const failing: Work = async (em) => {
    afterCommit(em, note("undone"));
    throw undone;
  };
  await expect(inTransaction(api, failing)).rejects.toBe(undone);
  await inTransaction(api, async (em, dialect) => {
    await expect(em.transactional((inner) => failing(inner, dialect))).rejects.toBe(undone);
    afterCommit(em, note("committed"));
  });
  await api.stop();
  expect(ran).toEqual(["committed"]);
});

test("is waited for when the server stops, logged if it fails, and given up after 10 s", async () => {
  const api = await startApi();
  const ran: string[] = [];
  let reason: unknown;
  let proceed!: () => void;
  const wait = new Promise<void>((resolve) => (proceed = resolve));
  await inTransaction(api, async (em) => {
    afterCommit(em, async () => {
      throw new Error("no such host");
    });
    afterCommit(em, async ({ signal }) => {
      signal.addEventListener("abort", () => (reason = signal.reason));
      // Ignores its signal.
      await new Promise(() => {});
    });
  });
  const failures = () => api.logged().filter(({ msg }) => msg === "work after a commit failed");
  await expect.poll(failures).toMatchObject([{ err: { message: "no such host" } }]);
  api.timer.elapse(9_999);
  expect(reason).toBeUndefined();
  api.timer.elapse(1);
  expect(reason).toMatchObject({ code: "TIMEOUT" });
  await inTransaction(api, async (em) =>
    afterCommit(em, async () => {
      await wait;
      ran.push("finished");
    }),
  );
  const stopped = api.stop().then(() => ran.push("stopped"));
  proceed();
  await stopped;
  expect(ran).toEqual(["finished", "stopped"]);
});

test("is refused outside a transaction of a server, and beyond 100", async () => {
  const api = await startApi();
  const run: AfterCommit = async () => {};
  expect(() => afterCommit(api.server.database.em, run)).toThrow("afterCommit: em is not that of a transaction");
  await transactionsOn(api.server.database)({ clientKey: "tests" })(async (em) => {
    expect(() => afterCommit(em, run)).toThrow("afterCommit: only a server runs work after a commit");
  });
  await inTransaction(api, async (em) => {
    for (let count = 0; count < 100; count += 1) afterCommit(em, run);
    expect(() => afterCommit(em, run)).toThrow("100 runs at most");
  });
});

test("a subscriber of MikroORM to an entity of Postern, or to all, is refused in one line", async () => {
  const api = await startApi();
  const manager = api.server.database.em.fork().getEventManager();
  const subscribe = (entities?: unknown[]) => () =>
    manager.registerSubscriber({
      ...(entities && { getSubscribedEntities: () => entities as never }),
      afterCreate: async () => {},
    });
  expect(subscribe([Post])).toThrow(/^A subscriber to Post would miss changes: .*$/);
  expect(subscribe(["Review", "User"])).toThrow(/^A subscriber to User would miss changes/);
  expect(subscribe()).toThrow(/^A subscriber to all entities would miss changes/);
  expect(subscribe(["Review"])).not.toThrow();
});
