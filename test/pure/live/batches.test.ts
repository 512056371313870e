import { expect, test } from "vitest";

import { inNextTurn } from "../../../src/foundation/clock.js";
import { Connections, type Connection } from "../../../src/server/live/connections.js";
import { inBatches } from "../../../src/server/live/batches.js";
import { handClock, handTimer } from "../../../src/testing/clock.js";

test("does twenty things at each turn of the event loop, in order, and all of them", async () => {
  const batches = inBatches();
  const done: number[] = [];
  for (let index = 0; index < 45; index += 1) batches(() => void done.push(index));
  const counts: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise<void>(inNextTurn);
    counts.push(done.length);
  }
  expect(counts).toEqual([20, 40, 45, 45]);
  expect(done).toEqual(Array.from({ length: 45 }, (_, index) => index));
  batches(() => void done.push(45));
  await new Promise<void>(inNextTurn);
  expect(done).toHaveLength(46);
});

test("a connection whose turn to be ended comes after it was renewed, or after it has gone, is left alone", () => {
  const clock = handClock();
  const timer = handTimer();
  const turns: (() => void)[] = [];
  const connections = new Connections({
    clock,
    timer,
    batches: (work) => turns.push(work),
    most: 10,
    onEmpty: () => {},
  });
  const ended: string[] = [];
  const endsAt = { renewed: 0, gone: 0, other: 0 };
  const open = (name: keyof typeof endsAt): Connection => ({
    clientKey: () => name,
    credential: () => ({ sessionId: name, endsAt: endsAt[name] }),
    expire: () => void ended.push(name),
    endWithSession: () => {},
    verify: () => {},
    stop: () => {},
  });
  const all = { renewed: open("renewed"), gone: open("gone"), other: open("other") };
  for (const name of ["renewed", "gone", "other"] as const) {
    endsAt[name] = clock().getTime() + 500;
    connections.add(all[name]);
    connections.noteCredential(all[name]);
  }
  clock.advance(500);
  timer.elapse(500);
  endsAt.renewed += 60_000;
  connections.remove(all.gone);
  for (const turn of turns) turn();
  expect(ended).toEqual(["other"]);
});
