/** Returns the browser's time in milliseconds since 1970. */
export const now = (): number => Date.now();

/** Calls `run` after some milliseconds, unless the returned function is called first. */
export function later(milliseconds: number, run: () => void): () => void {
  const timeout = setTimeout(run, milliseconds);
  return () => clearTimeout(timeout);
}
