import type { Clock } from "../foundation/clock.js";
import type { DatabaseErrorKind, Metrics } from "../foundation/metrics/metrics.js";

// A counter would show an outage for as long as its window: longer than many an outage lasts.
const awayMilliseconds = 15_000;

/** Counts the errors of the database, and remembers whether it was away a moment ago. */
export class DatabaseTrouble {
  private lastAway = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly metrics: Metrics | undefined,
  ) {}

  readonly record = (kind: DatabaseErrorKind): void => {
    this.metrics?.databaseError(kind);
    if (kind === "away") this.lastAway = this.clock().getTime();
  };

  readonly isAway = (): boolean => this.clock().getTime() - this.lastAway < awayMilliseconds;
}
