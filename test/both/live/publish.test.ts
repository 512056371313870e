// Events that features publish with their transactions.
import { expect, test } from "vitest";

import { openReader } from "../../../src/database/reader.js";
import { openEventLog } from "../../../src/database/event-log/event-log.js";
import type { LogEvent } from "../../../src/database/event-log/event.js";
import { transactionsOn, type Transaction } from "../../../src/database/transaction.js";
import { scheduledPosts } from "../../../src/features/post/event/scheduled-posts.js";
import { joinFeatures, publish, type NewEvent } from "../../../src/index.js";
import { featuresWith } from "../../../src/graphql/schema.js";
import { handClock, handTimer } from "../../../src/testing/clock.js";
import { startApi } from "../../support/api.js";
import { openMigrated } from "../../support/database.js";
import { follow } from "../../support/live.js";
import { createPost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

declare module "../../../src/database/event-log/event.js" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- added to the topics of others
  interface AddedTopics {
    "review.created": { readonly rating?: number; readonly [key: string]: unknown };
    "review.deleted": Readonly<Record<string, never>>;
  }
}

const reviews = { topics: ["review.created", "review.deleted"] } as const;
const created: NewEvent = { topic: "review.created", subject: "review_1" };

/** A database with transactions at an instant, and what a follower of its log receives. */
async function openLog() {
  const database = await openMigrated();
  const reader = await openReader(database, { maxSlowReads: 4 });
  const [clock, timer] = [handClock(), handTimer()];
  const transactions = transactionsOn(database, undefined, { topics: featuresWith(reviews).topics });
  const events = openEventLog({
    database,
    reader,
    transaction: transactions({ clientKey: "tests" }),
    clock,
    timer,
    ttlSeconds: 60,
    scheduled: scheduledPosts,
    onError(error) {
      throw error;
    },
  });
  const received: LogEvent[] = [];
  await events.follow({ events: (found) => void received.push(...found.map(({ event }) => event)), lost() {} });
  return {
    database,
    clock,
    transactions,
    transaction: transactions({ clientKey: "tests", now: clock() }),
    received: async () => {
      await events.catchUp();
      return received.splice(0);
    },
  };
}

test("an event is committed with its transaction, and delivered as it was published", async () => {
  const { transaction, received, clock } = await openLog();
  const event: NewEvent = {
    topic: "review.created",
    subject: "review_1",
    owner: "user_1",
    about: "post_1",
    visible: { before: false, after: true },
    payload: { rating: 5, kind: "short", edited: false, answers: null },
  };
  const result = await transaction(async (em) => {
    publish(em, event);
    publish(em, { topic: "review.deleted", subject: "review_1" });
    return "result";
  });
  expect(result).toBe("result");
  const [first, second] = await received();
  expect(first).toEqual({ ...event, id: expect.stringMatching(/^\d+-\d+$/), at: clock() });
  const nothing = { owner: null, about: null, visible: { before: false, after: false }, payload: {} };
  expect(second).toEqual({
    topic: "review.deleted",
    subject: "review_1",
    ...nothing,
    id: expect.any(String),
    at: clock(),
  });
  expect(second!.id).not.toBe(first!.id);
});

test("an event of a transaction or savepoint that is undone is dropped, and one of a retry is published once", async () => {
  const { transaction, received } = await openLog();
  const undone = new Error("undone");
  const failing: Parameters<Transaction>[0] = async (em) => {
    publish(em, { ...created, subject: "review_undone" });
    throw undone;
  };
  await expect(transaction(failing)).rejects.toBe(undone);
  await transaction(async (em) => {
    publish(em, { ...created, subject: "review_kept" });
    await expect(em.transactional((inner) => failing(inner as never, undefined as never))).rejects.toBe(undone);
    await em.transactional(async (inner) => publish(inner, { ...created, subject: "review_inner" }));
  });
  let tries = 0;
  await transaction(async (em) => {
    publish(em, { ...created, subject: `review_try_${(tries += 1)}` });
    if (tries === 1) throw Object.assign(new Error("deadlock"), { code: "40P01" });
  }).catch(() => {});
  const subjects = (await received()).map(({ subject }) => subject);
  expect(subjects).toEqual(["review_kept", "review_inner", ...(tries === 2 ? ["review_try_2"] : [])]);
});

test("a transaction without an instant publishes nothing", async () => {
  const { transactions, received } = await openLog();
  await transactions({ clientKey: "tests" })(async (em) => publish(em, created));
  expect(await received()).toEqual([]);
});

test("events of one subject have the order in which transactions change it, not in which they publish", async () => {
  const { database, transaction, received } = await openLog();
  await rows(database, "create table numbers (id integer primary key, value integer)");
  await rows(database, "insert into numbers (id, value) values (1, 0)");
  const change = (payload: { rating: number }) =>
    transaction(async (em) => {
      publish(em, { topic: "review.created", subject: "review_1", payload });
      await em.execute("update numbers set value = value + 1 where id = 1");
      const [row] = await em.execute<{ value: number }[]>("select value from numbers where id = 1");
      payload.rating = row!.value;
      publish(em, { topic: "review.created", subject: "review_1", payload });
    });
  await Promise.all(Array.from({ length: 8 }, () => change({ rating: 0 })));
  const ratings = (await received()).map(({ payload }) => (payload as { rating: number }).rating);
  // A published event is a copy, so the first one of each has the earlier number.
  expect(ratings).toEqual(Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? 0 : (index + 1) / 2)));
  await rows(database, "drop table numbers");
});

test("up to 1,000 events are written in order by one statement, and more are refused", async () => {
  const { transaction, received } = await openLog();
  const publishMany = (count: number) =>
    transaction(async (em) => {
      for (let number = 1; number <= count; number += 1) publish(em, { ...created, subject: `review_${number}` });
    });
  await expect(publishMany(1001)).rejects.toThrow("publish: a transaction may publish 1000 events at most");
  await publishMany(1000);
  const subjects = (await received()).map(({ subject }) => subject);
  expect(subjects).toEqual(Array.from({ length: 1000 }, (_, index) => `review_${index + 1}`));
});

const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 1]));

test.each([
  [
    "a topic of no feature",
    { topic: "reveiw.created" },
    "no feature has the topic reveiw.created; add it to its topics",
  ],
  ["a topic of another form", { topic: "Review" }, "topic must be two words"],
  ["no subject", { subject: undefined }, "subject must be an id"],
  ["a subject with other characters", { subject: "a review" }, "subject must be an id"],
  ["a long subject", { subject: "r".repeat(65) }, "subject must be an id"],
  ["an empty owner", { owner: "" }, "owner must be an id"],
  ["content as what it is about", { about: "Rain!" }, "about must be an id"],
  [
    "content",
    { payload: { text: "it rains" } },
    "payload.text must be null, a boolean, a number, or a text like an id",
  ],
  ["an object in the payload", { payload: { rating: { stars: 5 } } }, "payload.rating must be"],
  ["a number that JSON doesn't have", { payload: { rating: Number.NaN } }, "payload.rating must be"],
  ["many keys", { payload: keys(17) }, "payload may have 16 keys at most"],
  ["a strange key", { payload: { "a key": 1 } }, "payload may have only keys of letters"],
  [
    "a large payload",
    { payload: Object.fromEntries(Object.keys(keys(9)).map((key) => [key, "x".repeat(60)])) },
    "payload may take 512 bytes at most",
  ],
])("%s is refused, and the transaction with it", async (_, part, message) => {
  const { transaction, received } = await openLog();
  const event = { ...created, ...part } as NewEvent;
  await expect(transaction(async (em) => publish(em, event))).rejects.toThrow(`publish: ${message}`);
  expect(await received()).toEqual([]);
});

test("the largest bounds are allowed", async () => {
  const { transaction, received } = await openLog();
  const event = { ...created, subject: "r".repeat(64), payload: keys(16) };
  await transaction(async (em) => publish(em, event));
  expect(await received()).toMatchObject([event]);
});

test("another EntityManager than the transaction's is refused, and that of a transaction that is over", async () => {
  const { database, transaction, received } = await openLog();
  expect(() => publish(database.em, created)).toThrow("em is not that of a transaction");
  await transaction(async (em) => {
    expect(() => publish(em.fork(), created)).toThrow("em is not that of a transaction");
  });
  const late = await transaction(async (em) => em);
  expect(() => publish(late, created)).toThrow("the transaction of em is over");
  expect(await received()).toEqual([]);
});

test("subscribers of posts receive no events of other topics, now or later, and neither do servers of 0.2", async () => {
  const api = await startApi({}, reviews);
  const ada = await api.register("Ada");
  const before = await follow(api, ada.token);
  const { cursor } = await before.event();
  const context = await api.server.createContext({ authorization: [], userAgent: null, address: null });
  await context.transaction(async (em) =>
    publish(em, { ...created, owner: ada.id, about: ada.id, visible: { before: true, after: true } }),
  );
  context.operation.end();
  const post = await createPost(ada);
  expect(await before.event()).toMatchObject({ kind: "ADDED", postId: post });
  const after = await follow(api, ada.token, { after: cursor });
  expect(await after.event()).toMatchObject({ kind: "ADDED", postId: post });
  // The condition of release 0.2, for Ada.
  const old = `select change from events where author_id = ? or published_before <= at or published_after <= at`;
  expect(await rows(api.server.database, old, [ada.id])).toEqual([{ change: "created" }]);
});

test("registration and deletion of an account publish user.created and user.deleted", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  await ada.send(`mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { __typename } }`, {
    variables: { input: { currentPassword: ada.password } },
  });
  const found = await rows(
    api.server.database,
    "select topic, subject, owner from event_log where topic like 'user.%' order by id",
  );
  expect(found).toEqual(["user.created", "user.deleted"].map((topic) => ({ topic, subject: ada.id, owner: ada.id })));
});

test("a topic of a feature has its form, is no reserved one, and stands once", () => {
  const features = (...topics: string[]) => featuresWith({ topics: topics as never });
  for (const topic of [
    "review",
    "Review.created",
    "review.created.twice",
    "post.liked",
    "comment.created",
    "user.created",
  ])
    expect(() => features(topic)).toThrow(`topics: "${topic}" can't be a topic`);
  expect(() => featuresWith(joinFeatures(reviews, { topics: ["review.created"] }))).toThrow(
    'topics: there are two named "review.created"',
  );
});
