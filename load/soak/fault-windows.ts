/** The error codes that a fault explains, besides `ok`. */
export type Allowance = {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Whether COMMITs are held. Their requests are answered after the fault, since their outcome is unknown before. */
  readonly holdsCommits?: boolean;
  /** Whether requests that were running when it began must be answered. */
  readonly isGraceful?: boolean;
};

/** The time in which requests may notice a fault. */
export type FaultWindow = Allowance & {
  readonly kind: string;
  /** The process that has the fault; undefined if all have it. */
  readonly process: number | undefined;
  readonly begin: number;
  /** Infinity while it lasts. */
  end: number;
  /** The number of answers that it explains. */
  refusals: number;
};

/** A fault explains errors for this long after its end. A process that has not recovered by then has failed. */
export const recoveryMilliseconds = 5000;

export class FaultWindows {
  readonly all: FaultWindow[] = [];

  open(fault: Omit<FaultWindow, "begin" | "end" | "refusals">): FaultWindow {
    const opened = { ...fault, begin: performance.now(), end: Infinity, refusals: 0 };
    this.all.push(opened);
    return opened;
  }

  isAnyOpen(): boolean {
    return this.all.some(({ end }) => end === Infinity);
  }

  /** Returns the windows that a request to a process between two instants may have been in. */
  during(process: number, from: number, to: number): FaultWindow[] {
    return this.all.filter(
      (window) =>
        (window.process ?? process) === process && window.begin <= to && from <= window.end + recoveryMilliseconds,
    );
  }
}
