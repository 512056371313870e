import { expect, test } from "vitest";

import { keyringOf, secretKey } from "../../../src/foundation/config/signing-keys.js";
import type { LiveSource } from "../../../src/kit/context.js";
import type { EventAnswer } from "../../../src/graphql/execute-event.js";
import { openReader } from "../../../src/database/reader.js";
import { sql } from "../../../src/database/sql.js";
import { eventCursors } from "../../../src/database/event-log/event-cursor.js";
import type { LoggedEvent } from "../../../src/database/event-log/event.js";
import { openEventLog } from "../../../src/database/event-log/event-log.js";
import { scheduledPosts } from "../../../src/features/post/event/scheduled-posts.js";
import { Subscriptions } from "../../../src/server/live/subscriptions.js";
import { handClock, handTimer } from "../../../src/testing/clock.js";
import { openMigrated } from "../../support/database.js";
import { inTransaction } from "../../support/reads.js";

const eventAt = (seq: number): LoggedEvent => ({
  mark: { seq, id: seq, at: 0 },
  event: {
    id: String(seq),
    topic: "post.created",
    subject: "post_1",
    owner: "user_1",
    about: null,
    visible: { before: false, after: false },
    at: new Date(0),
    payload: {},
  },
});

async function openSubscriptions() {
  const database = await openMigrated();
  const reader = await openReader(database, { maxSlowReads: 4 });
  const [clock, timer] = [handClock(), handTimer()];
  const transaction = <Result>(work: Parameters<typeof inTransaction<Result>>[1]) =>
    inTransaction<Result>(database, work);
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const shared = { database, reader, clock, timer, ttlSeconds: 60, scheduled: scheduledPosts, onError };
  const events = openEventLog({ ...shared, transaction });
  const cursors = eventCursors(keyringOf([secretKey("kept for this test: 7c1f0e2a9b3d5846")]));
  return { errors, events, timer, database, subscriptions: new Subscriptions({ ...shared, events, cursors }) };
}

const definition = {
  topics: ["post.created" as const],
  resolve: () => ({}),
  ready: () => ({}),
  reset: () => ({}),
};
const source: LiveSource = {
  definition,
  topics: new Set(["post.created"]),
  audienceOf: () => "all",
  traitOf: async () => "",
  condition: sql`true`,
};
/** Of a document of which nothing is shared. */
const info = { operation: { selectionSet: { selections: [] } }, variableValues: {} } as never;

test("disconnects a client whose answer fails, logs why, and goes on for all others", async () => {
  const { errors, subscriptions } = await openSubscriptions();
  const failure = new Error("no answer can be made");
  const told = { failing: [] as string[], other: [] as string[] };
  const sink = (to: string[], execute: () => Promise<string>) => ({
    clientKey: () => "clientKey",
    execute,
    room: async () => {},
    isBehind: () => false,
    send: (answer: EventAnswer) => void to.push(String(answer)),
    turnAway: () => void to.push("turned away"),
  });
  const failing = sink(told.failing, () => Promise.reject(failure));
  const other = sink(told.other, async () => "{}");
  for (const one of [failing, other]) (await subscriptions.open(source, undefined, info, one)).start();
  subscriptions.publish(eventAt(1));
  await expect.poll(() => told).toEqual({ failing: ["turned away"], other: ["{}"] });
  expect(errors).toEqual([failure]);
});

test("sends RESET instead of events that come faster than they can be delivered, and then goes on", async () => {
  const { subscriptions } = await openSubscriptions();
  const told: string[] = [];
  const inTurn: LiveSource = {
    ...source,
    definition: { ...definition, resolve: ({ id }) => ({ seq: id }), reset: () => ({ seq: "RESET" }) },
  };
  const sink = {
    clientKey: () => "clientKey",
    execute: async (value: object) => String((value as { seq: unknown }).seq),
    room: async () => {},
    isBehind: () => false,
    send: (answer: EventAnswer) => void told.push(String(answer)),
    turnAway: () => void told.push("turned away"),
  };
  // So many that an event isn't told to all of them at once.
  for (let count = 0; count < 51; count += 1)
    (await subscriptions.open(inTurn, undefined, info, { ...sink, ...(count > 0 && { send: () => {} }) })).start();
  for (let seq = 1; seq <= 1003; seq += 1) subscriptions.publish(eventAt(seq));
  await expect.poll(() => told).toEqual(["1", "RESET", "1003"]);
});

test("logs once that the event log can't be read, however often it fails, and again the next time", async () => {
  const { errors, events, timer, database } = await openSubscriptions();
  const leave = await events.follow({ events() {}, lost() {} });
  const rename = (from: string, to: string) =>
    database.em.getConnection().execute(`alter table ${from} rename to ${to}`);
  const polls = async (count: number) => {
    for (let poll = 0; poll < count; poll += 1) {
      await expect.poll(() => timer.waiting()).toBeGreaterThan(0);
      timer.elapse(50);
    }
    await expect.poll(() => timer.waiting()).toBeGreaterThan(0);
  };
  for (const times of [1, 2]) {
    await rename("events", "events_away");
    await polls(3);
    expect(errors).toHaveLength(times);
    await rename("events_away", "events");
    await polls(2);
  }
  leave();
});

test("reads once for all subscribers who receives an event, and disconnects those for whom that fails", async () => {
  const { errors, subscriptions } = await openSubscriptions();
  const failure = new Error("no answer");
  let loads = 0;
  const deciding: LiveSource = {
    ...source,
    definition: {
      ...definition,
      async load({ id }) {
        loads += 1;
        if (id === "2") throw failure;
        return id;
      },
      resolve: (_, { loaded }) => ({ loaded: String(loaded) }),
    },
    audienceOf: (_, loaded) => (loaded === "3" ? undefined : "all"),
  };
  const told = { deciding: [] as string[], other: [] as string[] };
  const sink = (to: string[]) => ({
    clientKey: () => "clientKey",
    execute: async (value: object) => JSON.stringify(value),
    room: async () => {},
    isBehind: () => false,
    send: (answer: EventAnswer) => void to.push(String(answer)),
    turnAway: () => void to.push("turned away"),
  });
  for (const one of [deciding, deciding]) (await subscriptions.open(one, undefined, info, sink(told.deciding))).start();
  (await subscriptions.open(source, undefined, info, sink(told.other))).start();
  for (const seq of [1, 2, 3]) subscriptions.publish(eventAt(seq));
  const answer = '{"loaded":"1"}';
  await expect
    .poll(() => told)
    .toEqual({ deciding: [answer, answer, "turned away", "turned away"], other: ["{}", "{}", "{}"] });
  expect(loads).toBe(3);
  expect(errors).toEqual([failure]);
});
