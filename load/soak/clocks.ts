import { spawnSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../seeded-database.js";

// A time that was read just before a change may be used just after it.
const changingMilliseconds = 250;

/**
 * The clocks of the processes, which can differ from this process's. Timers use another clock.
 *
 * @see https://github.com/wolfcw/libfaketime
 */
export class Clocks {
  private readonly library = faketimeLibrary();
  private readonly folder = temporaryFolder();
  private readonly changes = new Map<number, { readonly at: number; readonly milliseconds: number }[]>();
  /** Why clocks can't be changed on this machine; undefined if they can. */
  readonly whyNot = this.library === "" ? "faketime is not installed" : undefined;

  /** Returns the environment that a process needs at its start. */
  environment(process: number): Record<string, string> {
    if (this.library === "") return {};
    this.write(process, this.changes.get(process)?.at(-1)?.milliseconds ?? 0);
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.fileOf(process),
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  /** Sets the clock of a process this far ahead, or back, from now on. */
  set(process: number, milliseconds: number): void {
    this.write(process, milliseconds);
    const change = { at: performance.now(), milliseconds };
    this.changes.set(process, [...(this.changes.get(process) ?? []), change]);
  }

  /** Returns how far a clock may have been off between two instants of `performance.now()`. */
  range(process: number, from: number, to: number): { readonly least: number; readonly most: number } {
    const all = [{ at: -Infinity, milliseconds: 0 }, ...(this.changes.get(process) ?? [])];
    const last = all.findLastIndex(({ at }) => at + changingMilliseconds < from);
    const offsets = all.slice(last).flatMap(({ at, milliseconds }) => (at <= to ? [milliseconds] : []));
    return { least: Math.min(...offsets), most: Math.max(...offsets) };
  }

  private fileOf(process: number): string {
    return join(this.folder, `clock-${process}`);
  }

  private write(process: number, milliseconds: number): void {
    const seconds = (milliseconds / 1000).toFixed(3);
    // Replaced atomically, since it is read whenever the time is read.
    writeFileSync(`${this.fileOf(process)}.new`, milliseconds < 0 ? seconds : `+${seconds}`);
    renameSync(`${this.fileOf(process)}.new`, this.fileOf(process));
  }
}

function faketimeLibrary(): string {
  const { status, stdout } = spawnSync("faketime", ["-m", "-f", "+0s", "printenv", "LD_PRELOAD"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}
