/** The promises that were broken. */
export type Findings = {
  /** @param about the person, the call, the process, the time and the fault. */
  readonly violation: (what: string, about: Readonly<Record<string, unknown>>) => void;
  readonly violations: readonly string[];
  /** Returns the seconds since the beginning for an instant of `performance.now()`. */
  readonly secondsAt: (instant: number) => string;
};

export function makeFindings(): Findings {
  const violations: string[] = [];
  const started = performance.now();
  const secondsAt = (instant: number) => ((instant - started) / 1000).toFixed(2);
  return {
    violations,
    secondsAt,
    violation(what, about) {
      const words = Object.entries({ at: `${secondsAt(performance.now())} s`, ...about })
        .filter(([, value]) => value !== undefined && value !== "")
        .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
      violations.push(`${what} (${words.join("; ")})`);
      console.log(`  VIOLATION: ${violations.at(-1)!}`);
    },
  };
}
