/** Tells the present instant. Everything that depends on time is given one. */
export type Clock = () => Date;

/** The machine's clock: the one place in the code that reads the time. */
export const systemClock: Clock = () => new Date();

/** Runs something once, after so many milliseconds, unless what it gives back is called before. */
export type Timer = (milliseconds: number, run: () => void) => () => void;

/** The machine's timer. It keeps no process from ending. */
export const systemTimer: Timer = (milliseconds, run) => {
  const timeout = setTimeout(run, milliseconds).unref();
  return () => clearTimeout(timeout);
};
