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
export type Window = Allowance & {
  readonly kind: string;
  /** The process that it strikes; undefined if it strikes all. */
  readonly process: number | undefined;
  readonly begin: number;
  /** Infinity while it lasts. */
  end: number;
  /** The number of answers that it explains. */
  refusals: number;
};

export type Windows = {
  readonly all: readonly Window[];
  readonly open: (window: Omit<Window, "begin" | "end" | "refusals">) => Window;
  readonly close: (window: Window) => void;
  readonly isAnyOpen: () => boolean;
  /** Returns the windows that a request to a process between two instants may have met. */
  readonly met: (process: number, from: number, to: number) => Window[];
};

/** A fault explains errors for this long after its end. A process that has not recovered by then has failed. */
export const recoveryMilliseconds = 5000;

export function makeWindows(): Windows {
  const all: Window[] = [];
  return {
    all,
    open(window) {
      const opened = { ...window, begin: performance.now(), end: Infinity, refusals: 0 };
      all.push(opened);
      return opened;
    },
    close: (window) => void (window.end = performance.now()),
    isAnyOpen: () => all.some(({ end }) => end === Infinity),
    met: (process, from, to) =>
      all.filter(
        (window) =>
          (window.process ?? process) === process && window.begin <= to && from <= window.end + recoveryMilliseconds,
      ),
  };
}
