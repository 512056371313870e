/** Tells the present instant. Everything that depends on time is given one. */
export type Clock = () => Date;

/** The machine's clock: the one place in the code that reads the time. */
export const systemClock: Clock = () => new Date();
