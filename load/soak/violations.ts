/** The promises that were broken. */
export class Violations {
  readonly all: string[] = [];
  private readonly started = performance.now();

  /** Returns the seconds since the beginning for an instant of `performance.now()`. */
  secondsAt(instant: number): string {
    return ((instant - this.started) / 1000).toFixed(2);
  }

  /** @param about the user, the request, the process, the time and the fault. */
  add(what: string, about: Readonly<Record<string, unknown>>): void {
    const words = Object.entries({ at: `${this.secondsAt(performance.now())} s`, ...about })
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
    this.all.push(`${what} (${words.join("; ")})`);
    console.log(`  VIOLATION: ${this.all.at(-1)!}`);
  }
}
