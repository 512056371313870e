/** Returns the present instant. All code that depends on time receives a clock. */
export type Clock = () => Date;

/** The machine's clock. A lint rule lets nothing else here read the time. */
export const systemClock: Clock = () => new Date();

/** Calls `run` once after a time, unless the returned function is called before. */
export type Timer = (milliseconds: number, run: () => void) => () => void;

/** Starts measuring. The returned function returns the milliseconds since then, even if the clock is changed. */
export type Stopwatch = () => () => number;

export const systemStopwatch: Stopwatch = () => {
  const started = performance.now();
  return () => performance.now() - started;
};

/** Waits. Unlike a timer, it keeps the process running: a script has nothing else that would. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** Calls `run` in the next turn of the event loop. It is read here before a test runner can replace it. */
export const inNextTurn: (run: () => void) => void = globalThis.setImmediate;

// Read before a test runner can replace them: a server whose timers never fire would not answer.
const { setTimeout: startTimeout, clearTimeout: clearStarted } = globalThis;

/**
 * A timer that tests don't control, for the rests between work of the processor. It doesn't keep the process running.
 */
export const restTimer: Timer = (milliseconds, run) => {
  const timeout = startTimeout(run, milliseconds).unref();
  return () => clearStarted(timeout);
};

// Node fires at once after 2^31 ms, which are 24.8 days.
const longestWaitMilliseconds = 24 * 60 * 60 * 1000;

/** The machine's timer. It doesn't keep the process running. A longer wait than a day is several waits. */
export const systemTimer: Timer = (milliseconds, run) => {
  let timeout: NodeJS.Timeout;
  const wait = (left: number) => {
    const isLast = left <= longestWaitMilliseconds;
    const next = isLast ? run : () => wait(left - longestWaitMilliseconds);
    timeout = setTimeout(next, isLast ? left : longestWaitMilliseconds).unref();
  };
  wait(milliseconds);
  return () => clearTimeout(timeout);
};
