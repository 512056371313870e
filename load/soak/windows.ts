/** What a fault allows requests to be answered, besides `ok`. */
export type Allowance = {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Whether COMMITs are held: their requests are answered when it is over, since only then anybody knows. */
  readonly holdsCommits?: boolean;
  /** Whether what was under way when it began has to be answered. */
  readonly isGraceful?: boolean;
};

/** A fault from its beginning to its end, as far as requests may notice. */
export type Window = Allowance & {
  readonly kind: string;
  /** The process that it strikes; undefined where it strikes all. */
  readonly process: number | undefined;
  readonly begin: number;
  /** Infinity while it lasts. */
  end: number;
  /** How many answers it explains. */
  refusals: number;
};

export type Windows = {
  readonly all: readonly Window[];
  readonly open: (window: Omit<Window, "begin" | "end" | "refusals">) => Window;
  readonly close: (window: Window) => void;
  readonly isAnyOpen: () => boolean;
  /** Those that a request to a process may have met between two instants. */
  readonly met: (process: number, from: number, to: number) => Window[];
};

/** What requests are allowed for so long after a fault; whoever has not recovered then has failed. */
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
