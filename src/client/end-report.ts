import { machineTimer } from "./clock.js";
import type { EndReason } from "./session.js";

// A client has read an answer that has arrived after this time.
const readMilliseconds = 20;
// A request that hangs must not keep the sign-in page away.
const mostMilliseconds = 1000;

/**
 * Reports the end of a session once its requests are answered. The application clears its caches then, and a cache that is
 * cleared fails the queries that wait for it with errors of its own.
 */
export class EndReport {
  private readonly waiting = new Set<Promise<void>>();
  private due: (() => void) | undefined;

  constructor(private readonly report: (reason: EndReason) => void) {}

  /** Whether a session has ended of which the application hasn't been told. */
  get isDue(): boolean {
    return this.due !== undefined;
  }

  /** Runs a request, for whose answer a report waits. */
  async answerFirst<Result>(request: () => Promise<Result>): Promise<Result> {
    let answered!: () => void;
    const read = new Promise<void>((resolve) => {
      answered = () => void machineTimer(resolve, readMilliseconds);
    });
    this.waiting.add(read);
    try {
      return await request();
    } finally {
      answered();
      void read.then(() => this.waiting.delete(read));
    }
  }

  /** Reports the end when all requests are answered, or after a second. */
  plan(reason: EndReason): void {
    const report = () => {
      if (this.due !== report) return;
      this.due = undefined;
      this.report(reason);
    };
    this.due = report;
    if (this.waiting.size === 0) return report();
    void Promise.all(this.waiting).then(report);
    machineTimer(report, mostMilliseconds);
  }

  /** Reports an end now that hasn't been reported. */
  flush(): void {
    this.due?.();
  }
}
