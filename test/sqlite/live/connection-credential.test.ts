import { expect, onTestFinished, test } from "vitest";

import { openReader } from "../../../src/database/reader.js";
import { scheduledPosts } from "../../../src/features/post/event/scheduled-posts.js";
import { openEventLog } from "../../../src/database/event-log/event-log.js";
import { Connections, type Connection } from "../../../src/server/live/connections.js";
import { ConnectionCredential } from "../../../src/server/live/connection-credential.js";
import { startApi } from "../../support/api.js";
import { inTransaction } from "../../support/reads.js";

test("is refused if its session ended while it was verified, before anything listened for the end", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const { clock, timer } = api;
  const { database, createContext } = api.server;
  const reader = await openReader(database, { maxSlowReads: 4 });
  const events = openEventLog({
    database,
    reader,
    transaction: (work) => inTransaction(database, work),
    clock,
    timer,
    ttlSeconds: 60,
    scheduled: scheduledPosts,
    onError: () => {},
  });
  onTestFinished(() => events.close());
  const connections = new Connections({ clock, timer, batches: (work) => work(), most: 1, onEmpty: () => {} });
  const ended: string[] = [];
  const connection: Connection = {
    clientKey: () => "clientKey",
    credential: () => held.credential(),
    expire: () => {},
    endWithSession: () => void ended.push(ada.sessionId),
    verify: () => {},
    stop: () => {},
  };

  let judgements = 0;
  const keeper = {
    clock,
    clockToleranceSeconds: 0,
    events,
    connections,
    follow: async () =>
      void (await events.follow({
        events(told) {
          for (const { event } of told) if (event.topic === "session.ended") connections.sessionEnded(event.subject);
        },
        lost() {},
      })),
    async createContext(caller: Parameters<typeof createContext>[0]) {
      const context = await createContext(caller);
      judgements += 1;
      if (judgements > 1) return context;
      // The credential is good; then its session ends, and everybody is told who listens.
      await ada.send("mutation { logout { endedSessions } }");
      await events.catchUp();
      return context;
    },
  };
  const authorization = [`Bearer ${ada.token}`];
  const held = new ConnectionCredential(keeper, {
    authorization,
    userAgent: null,
    address: null,
    addressKey: "nowhere",
    requestId: "1",
  });
  connections.add(connection);
  const refusal = await held.hold(connection, authorization);
  expect(refusal?.details).toMatchObject({ reason: "SESSION_REVOKED" });
  expect(ended).toEqual([]);
});
