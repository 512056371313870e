import type { Timer } from "../foundation/clock.js";
import type { Signal } from "../foundation/fairness/deadline.js";
import type { Sql } from "./sql.js";

/** A prepared statement. */
type PreparedStatement = {
  readonly run: () => Promise<unknown[]>;
  /** Asks the database to cancel it; resolves when the request has been sent. */
  readonly cancel: () => Promise<void> | void;
};

export type StatementQueueOptions = {
  readonly prepare: (statement: Sql) => Promise<PreparedStatement>;
  readonly timer: Timer;
  /** The time after which a request to cancel is repeated: one that arrives before the statement has no effect. */
  readonly repeatCancelMilliseconds: number;
};

/**
 * Runs the statements of one connection in order, one at a time, so that a request to cancel can only reach the
 * statement that it is meant for.
 */
export class StatementQueue {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: StatementQueueOptions) {}

  /** @param signal cancels the statement; its reason is thrown. */
  all<Row>(statement: Sql, signal?: Signal): Promise<Row[]> {
    const rows = this.last.then(() => this.runOne(statement, signal));
    this.last = rows.catch(() => {});
    return rows as Promise<Row[]>;
  }

  /** Resolves when the statements so far have ended. */
  async idle(): Promise<void> {
    await this.last;
  }

  private async runOne(statement: Sql, signal: Signal | undefined): Promise<unknown[]> {
    signal?.throwIfAborted();
    const prepared = await this.options.prepare(statement);
    signal?.throwIfAborted();
    const cancelling = this.cancelOnAbort(prepared, signal);
    try {
      return await prepared.run();
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      cancelling.stop();
    }
  }

  private cancelOnAbort({ cancel }: PreparedStatement, signal: Signal | undefined): { readonly stop: () => void } {
    const { timer, repeatCancelMilliseconds } = this.options;
    let isStopped = false;
    let stopTimer: (() => void) | undefined;
    const repeat = async () => {
      await cancel();
      if (!isStopped) stopTimer = timer(repeatCancelMilliseconds, onAbort);
    };
    const onAbort = () => void repeat();
    signal?.addEventListener("abort", onAbort, { once: true });
    return {
      stop() {
        isStopped = true;
        signal?.removeEventListener("abort", onAbort);
        stopTimer?.();
      },
    };
  }
}
