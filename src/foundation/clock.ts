/** Tells the present instant. Everything that depends on time is given one. */
export type Clock = () => Date;

/** The machine's clock: the one place in the code that reads the time. */
export const systemClock: Clock = () => new Date();

/** Runs something once, after so many milliseconds, unless what it gives back is called before. */
export type Timer = (milliseconds: number, run: () => void) => () => void;

/** Starts to measure. What it gives back tells how many milliseconds have passed since, whatever is done to the clock. */
export type Stopwatch = () => () => number;

export const systemStopwatch: Stopwatch = () => {
  const started = performance.now();
  return () => performance.now() - started;
};

/** Waits. Unlike the timer, it keeps the process from ending meanwhile: a script has nothing else that would. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** Runs something when the event loop has been round. Taken before a test runner can have made another of it. */
export const inNextTurn: (run: () => void) => void = globalThis.setImmediate;

// Taken before a test runner can have replaced them: a server whose timers never end would answer nothing.
const { setTimeout: startTimeout, clearTimeout: clearStarted } = globalThis;

/** A timer that nobody moves by hand, for rests of the processor. It keeps no process from ending. */
export const restTimer: Timer = (milliseconds, run) => {
  const timeout = startTimeout(run, milliseconds).unref();
  return () => clearStarted(timeout);
};

/** The machine's timer. It keeps no process from ending. */
export const systemTimer: Timer = (milliseconds, run) => {
  const timeout = setTimeout(run, milliseconds).unref();
  return () => clearTimeout(timeout);
};
