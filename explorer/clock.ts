/** The browser's clock, in milliseconds since 1970: the one place of the explorer that reads the time. */
export const now = (): number => Date.now();

/** Runs something once, after so many milliseconds, unless what it gives back is called before. */
export function later(milliseconds: number, run: () => void): () => void {
  const timeout = setTimeout(run, milliseconds);
  return () => clearTimeout(timeout);
}
