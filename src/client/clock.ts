/** The clock of the client's machine, in milliseconds since 1970; it may be hours off. */
export const machineClock = (): number => Date.now();

/** Runs a function once, after some milliseconds. */
export type Later = (run: () => void, milliseconds: number) => unknown;

export const machineTimer: Later = (run, milliseconds) => setTimeout(run, milliseconds);
