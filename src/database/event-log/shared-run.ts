/**
 * Runs work for several callers, one run at a time. Callers that arrive during a run share the next one, which starts
 * after they arrived.
 */
export class SharedRun {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(private readonly work: () => Promise<void>) {}

  run(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.work().finally(() => (this.running = undefined));
      return this.running;
    }
    this.next ??= this.running
      .catch(() => {})
      .then(() => {
        this.next = undefined;
        return this.run();
      });
    return this.next;
  }

  /** Settles when the runs that were asked for have ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.running, this.next]);
  }
}
