/** Counts what is in progress, per client key and in total. */
export class ClientCounter {
  private readonly counts = new Map<string, number>();
  private sum = 0;

  total(): number {
    return this.sum;
  }

  of(clientKey: string): number {
    return this.counts.get(clientKey) ?? 0;
  }

  add(clientKey: string): void {
    this.sum += 1;
    this.counts.set(clientKey, this.of(clientKey) + 1);
  }

  remove(clientKey: string): void {
    this.sum -= 1;
    const count = this.of(clientKey) - 1;
    if (count === 0) this.counts.delete(clientKey);
    else this.counts.set(clientKey, count);
  }
}
