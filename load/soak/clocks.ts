import { spawnSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../seeded-database.js";

/** The clocks of the processes, which can differ from the harness's. Timers use another clock. */
export type Clocks = {
  /** Why clocks can't be changed on this machine; undefined if they can. */
  readonly whyNot: string | undefined;
  /** The environment that a process needs at its start. */
  readonly environment: (process: number) => Record<string, string>;
  /** Sets the clock of a process this far ahead, or back, from now on. */
  readonly set: (process: number, milliseconds: number) => void;
  /** Returns how far it may have been off between two instants of `performance.now()`. */
  readonly range: (process: number, from: number, to: number) => { readonly least: number; readonly most: number };
};

type Change = { readonly at: number; readonly milliseconds: number };

// A time that was read just before a change may be used just after it.
const changingMilliseconds = 250;

/** @see https://github.com/wolfcw/libfaketime */
export function makeClocks(): Clocks {
  const library = libraryOf(spawnSync("faketime", ["-m", "-f", "+0s", "printenv", "LD_PRELOAD"], { encoding: "utf8" }));
  const folder = temporaryFolder();
  const changes = new Map<number, Change[]>();
  const fileOf = (process: number) => join(folder, `clock-${process}`);
  const write = (process: number, milliseconds: number) => {
    const seconds = (milliseconds / 1000).toFixed(3);
    // Replaced atomically, since it is read whenever the time is read.
    writeFileSync(`${fileOf(process)}.new`, milliseconds < 0 ? seconds : `+${seconds}`);
    renameSync(`${fileOf(process)}.new`, fileOf(process));
  };
  return {
    whyNot: library === undefined ? "faketime is not installed" : undefined,
    environment(process) {
      if (library === undefined) return {};
      write(process, changes.get(process)?.at(-1)?.milliseconds ?? 0);
      return {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: fileOf(process),
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        NO_FAKE_STAT: "1",
      };
    },
    set(process, milliseconds) {
      write(process, milliseconds);
      changes.set(process, [...(changes.get(process) ?? []), { at: performance.now(), milliseconds }]);
    },
    range(process, from, to) {
      const own = [{ at: -Infinity, milliseconds: 0 }, ...(changes.get(process) ?? [])];
      const last = own.findLastIndex(({ at }) => at + changingMilliseconds < from);
      const met = own.slice(last).filter(({ at }) => at <= to);
      const offsets = met.map(({ milliseconds }) => milliseconds);
      return { least: Math.min(...offsets), most: Math.max(...offsets) };
    },
  };
}

function libraryOf({ error, status, stdout }: ReturnType<typeof spawnSync>): string | undefined {
  const path = String(stdout ?? "").trim();
  return error === undefined && status === 0 && path !== "" ? path : undefined;
}
