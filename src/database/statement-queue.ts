import type { Timer } from "../foundation/clock.js";
import type { Signal } from "../foundation/fairness/deadline.js";
import type { ReadConnection } from "./engine.js";
import type { Sql } from "./sql.js";

/** A statement that is ready to run. */
type Ready = {
  readonly run: () => Promise<unknown[]>;
  /** Asks the database to end it; resolves once that has been sent. */
  readonly interrupt: () => Promise<void> | void;
};

/**
 * Runs the statements of one connection in order, one at a time, so that an interruption meets the one that it is meant
 * for and no other.
 *
 * @param everyMilliseconds after which an interruption is repeated: one that comes before the statement is lost.
 */
export function interruptible(
  prepare: (statement: Sql) => Promise<Ready>,
  timer: Timer,
  everyMilliseconds: number,
): ReadConnection["all"] & { readonly idle: () => Promise<unknown> } {
  const runOne = async (statement: Sql, signal: Signal | undefined): Promise<unknown[]> => {
    signal?.throwIfAborted();
    const { run, interrupt } = await prepare(statement);
    signal?.throwIfAborted();
    let isSettled = false;
    let cancel: (() => void) | undefined;
    const repeat = async () => {
      await interrupt();
      if (!isSettled) cancel = timer(everyMilliseconds, begin);
    };
    const begin = () => void repeat();
    signal?.addEventListener("abort", begin, { once: true });
    try {
      return await run();
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      isSettled = true;
      signal?.removeEventListener("abort", begin);
      cancel?.();
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  const all = <Row>(statement: Sql, signal?: Signal): Promise<Row[]> => {
    const rows = last.then(() => runOne(statement, signal));
    last = rows.catch(() => {});
    return rows as Promise<Row[]>;
  };
  return Object.assign(all, { idle: () => last });
}
