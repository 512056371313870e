// The event log: what happens when the database goes back, and pruning.
import { describe, expect, test } from "vitest";

import { keyringOf, secretKey } from "../../../src/foundation/config/signing-keys.js";
import { eventCursors } from "../../../src/database/event-log/event-cursor.js";
import { handClock } from "../../../src/testing/clock.js";
import type { TestAccount } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { follow, openStream } from "../../support/live.js";
import { createPost } from "../../support/posts.js";

const statement = (api: Api, text: string) => api.server.database.em.getConnection().execute(text);
const isSqlite = (api: Api) => api.server.database.engine.dialect.name === "sqlite";

/** Takes the newest events out, as a failover that lost commits and a restored backup do. */
async function goBack(api: Api, count: number): Promise<void> {
  await statement(api, `delete from events where seq > (select max(seq) from events) - ${count}`);
  if (isSqlite(api)) await statement(api, `update sqlite_sequence set seq = (select max(seq) from events)`);
}

const poll = async (api: Api) => {
  await expect.poll(() => api.timer.waiting()).toBeGreaterThan(0);
  api.timer.elapse(50);
};
const logout = "mutation { logout { endedSessions } }";

describe("a database that goes back while sockets and streams are open", () => {
  test("is noticed by the next poll, whether it has fewer events or others: RESET, and the following events", async () => {
    for (const newEvents of [0, 1, 2, 3]) {
      const api = await startApi();
      const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
      const seen = await follow(api, bob.token);
      expect(await seen.event()).toMatchObject({ kind: "READY" });
      for (let count = 0; count < 3; count += 1) await createPost(ada);
      expect((await seen.events(3)).map(({ kind }) => kind)).toEqual(["ADDED", "ADDED", "ADDED"]);

      await goBack(api, 2);
      api.clock.advance(1);
      for (let count = 0; count < newEvents; count += 1) await createPost(ada);
      await poll(api);
      expect(await seen.event()).toMatchObject({ kind: "RESET" });
      const next = await createPost(ada);
      // Those too that came after it was noticed.
      let event = await seen.event();
      while (event["postId"] !== next) {
        expect(event.kind).toBe("ADDED");
        event = await seen.event();
      }
      expect(api.logged().filter(({ msg }) => /has gone back/.test(msg))).toHaveLength(1);
    }
  });

  test("closes connections of sessions that have ended since, and no others", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const [ofAda, ofBob] = [await follow(api, ada.token), await follow(api, bob.token)];
    const query = "subscription { postEvents { kind } }";
    const stream = await openStream(api, query, { authorization: [`Bearer ${bob.token}`] });
    await Promise.all([ofAda.event(), ofBob.event(), stream.next()]);
    for (let count = 0; count < 3; count += 1) await createPost(ada);
    await Promise.all([ofAda.events(3), ofBob.events(3)]);

    await goBack(api, 3);
    api.clock.advance(1);
    // Its event has a number that everybody is past.
    expect((await bob.send(logout)).body.errors).toBeUndefined();
    await poll(api);
    expect(await ofBob.closed).toEqual({ code: 4403, reason: "SESSION_REVOKED" });
    await stream.ended;
    expect(stream.text()).toContain(`"reason":"SESSION_REVOKED"`);
    expect(await ofAda.event()).toMatchObject({ kind: "RESET" });
    await createPost(ada);
    expect(await ofAda.event()).toMatchObject({ kind: "ADDED" });
  });

  test("is noticed by a new server from the cursor alone, to the millisecond", async () => {
    const url = await newDatabaseUrl();
    const first = await startApi({ DATABASE_URL: url });
    const [ada, bob] = [await first.register("Ada"), await first.register("Bob")];
    const seen = await follow(first, bob.token);
    const ready = await seen.event();
    for (let count = 0; count < 2; count += 1) await createPost(ada);
    const [kept, lost] = await seen.events(2);
    await goBack(first, 1);
    first.clock.advance(1);
    await createPost(ada);
    await createPost(ada);

    const fresh = await startApi({ DATABASE_URL: url });
    fresh.clock.set(first.clock());
    const kindsAfter = async (after: string, count: number) =>
      (await (await follow(fresh, bob.token, { after })).events(count)).map(({ kind }) => kind);
    expect(await kindsAfter(lost!.cursor, 1)).toEqual(["RESET"]);
    expect(await kindsAfter(kept!.cursor, 2)).toEqual(["ADDED", "ADDED"]);
    expect(await kindsAfter(ready.cursor, 3)).toEqual(["ADDED", "ADDED", "ADDED"]);
  });
});

describe("pruning", () => {
  const day = 24 * 60 * 60 * 1000;
  const countOf = async (api: Api) => {
    const [row] = await statement(api, "select cast(count(*) as integer) as number from events");
    return (row as { number: number }).number;
  };
  /** Lets two minutes pass, in each of which somebody writes. */
  const pruneTwice = async (api: Api, ada: TestAccount) => {
    // A commit of the start may take the first minute's turn before the post is there. The newest event is kept then.
    for (const left of [1, 0]) {
      api.clock.advance(60_000);
      await createPost(ada);
      await expect.poll(() => oldOf(api)).toBeLessThanOrEqual(left);
    }
  };
  const oldOf = async (api: Api) => {
    expect(api.logged().filter(({ level }) => Number(level) >= 50)).toEqual([]);
    const before = api.clock().getTime() - 2 * day;
    const [row] = await statement(api, `select cast(count(*) as integer) as number from events where at < ${before}`);
    return (row as { number: number }).number;
  };
  /** Events of long ago, as many as no minute's single slice would hold. */
  const fill = (api: Api, count: number) => {
    const at = api.clock().getTime() - 3 * day;
    const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n`;
    return isSqlite(api)
      ? statement(api, `insert into events (change, at, post_id) select 'voted', ${at}, 'post_' || i from (${numbers})`)
      : statement(
          api,
          `insert into events (seq, change, at, post_id)
            select i + (select coalesce(max(seq), 0) from events), 'voted', ${at}, 'post_' || i
            from generate_series(1, ${count}) i`,
        );
  };

  test("deletes all old events within its share of a minute, and keeps the newest one", async () => {
    const api = await startApi();
    const ada = await api.register();
    await fill(api, 5500);
    await pruneTwice(api, ada);
    // The account and two posts.
    expect(await countOf(api)).toBe(3);
  });

  test("keeps the newest event however old it is, so that the log doesn't seem to have gone back", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const seen = await follow(api, bob.token);
    await seen.event();
    await createPost(ada);
    const { cursor } = await seen.event();
    api.clock.advance(2 * day);
    const tokens = await api.as("Bob");
    await poll(api);
    await poll(api);
    await expect.poll(() => countOf(api)).toBe(1);
    expect(api.logged().filter(({ msg }) => /has gone back/.test(msg))).toEqual([]);
    const late = await follow(api, tokens.token, { after: cursor });
    // Older than what is kept, whatever the log still has.
    expect(await late.event()).toMatchObject({ kind: "RESET" });
  });

  test("is measured by metrics", async () => {
    const api = await startApi({ METRICS: "on" });
    await fill(api, 10);
    const ada = await api.register();
    await pruneTwice(api, ada);
    const measured = async () => {
      // A commit without an event has the log measured again: the end of one pruning may have begun the next too early.
      api.clock.advance(60_000);
      await api.send(
        'mutation { login(input: { email: "nobody@example.com", password: "a wrong one" }) { tokenType } }',
      );
      const { text } = await api.fetch("/metrics");
      return text.split("\n").filter((line) => line.startsWith("postern_event_log_"));
    };
    await expect
      .poll(measured)
      .toEqual([
        "postern_event_log_went_back_total 0",
        "postern_event_log_length 3",
        "postern_event_log_overdue_seconds 0",
      ]);
  });
});

// Sealed by that release for the number 7 at the hand-moved clock's first instant.
const cursorOf02 = "AZ-buq95ozU2-BNiGXIk3rYMGp8lUlWrPlWJWfWsXYZ-Y8O9iltGpJkUcvo";

test("a cursor of release 0.2 is still accepted", async () => {
  const cursors = eventCursors(keyringOf([secretKey("kept for the tests: 6b1f0c2e9d7a4835")]));
  expect(cursors.open(cursorOf02)).toEqual({ seq: 7, issuedAt: handClock()().getTime() });
});
