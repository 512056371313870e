import { setTimeout as pause } from "node:timers/promises";

import * as documents from "./documents.js";
import type { Person, World } from "./person.js";
import { create } from "./posting.js";
import { recoveryMilliseconds } from "./windows.js";

// Attempts start at this interval, however long earlier ones take: one that hangs must not hide that others succeed.
const everyMilliseconds = 100;

/**
 * Returns the milliseconds from a fault's end until a process answers a read and a write, and reports a violation if
 * that takes too long. The prober's token must outlive the run.
 */
export async function recoveryOf(process: number, kind: string, prober: Person, world: World): Promise<number> {
  const since = performance.now();
  const read = async () => {
    const { code } = await prober.ask({ name: "probe: me", query: documents.me, process });
    return code === "ok";
  };
  const took = Math.max(
    ...(await Promise.all([untilDone(read, since), untilDone(() => create(prober, world, process), since)])),
  );
  if (took > recoveryMilliseconds) world.findings.violation("no recovery in time", { process, fault: kind, took });
  return took;
}

async function untilDone(tryOnce: () => Promise<boolean>, since: number): Promise<number> {
  const successes: number[] = [];
  const tries: Promise<void>[] = [];
  const tryAndNote = async () => {
    if (await tryOnce()) successes.push(performance.now() - since);
  };
  while (successes.length === 0 && performance.now() - since < 2 * recoveryMilliseconds) {
    tries.push(tryAndNote());
    await Promise.race([pause(everyMilliseconds), tries.at(-1)]);
    // After an immediate failure, try again a moment later.
    if (successes.length === 0) await pause(10);
  }
  await Promise.all(tries);
  return successes[0] ?? Infinity;
}
