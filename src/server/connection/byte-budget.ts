import type { Clock } from "../../foundation/clock.js";
import { tooBusy } from "../../foundation/fairness/fair-limiter.js";

// Less than this is always let in: it is bounded by the number of connections, and never waits for what is large.
const alwaysAdmittedBytes = 16 * 1024;
// A client that has made no progress for this long is cut off first if others need the room.
const patienceMilliseconds = 1000;

/**
 * Bytes that are held for clients, bounded in all: bodies on their way in, or responses on their way out. One client may
 * hold half. If there is no room, connections are cut whose clients make no progress, the one that has waited longest
 * first.
 */
export class ByteBudget {
  // An array: see decision 36.
  private readonly shares: ByteShare[] = [];
  private held = 0;

  constructor(
    private readonly limitBytes: number,
    readonly clock: Clock,
  ) {}

  /** @param cut closes the connection, which releases its bytes. */
  open(clientKey: string, cut: () => void): ByteShare {
    return new ByteShare(this, clientKey, cut);
  }

  /** Reserves another `bytes` for a share. Returns false if there is no room for them. */
  take(share: ByteShare, bytes: number): boolean {
    const { limitBytes } = this;
    const fits =
      share.bytes + bytes <= alwaysAdmittedBytes ||
      (this.makeRoom(
        (other) => other !== share && other.clientKey === share.clientKey,
        () => this.heldBy(share.clientKey) + bytes - limitBytes / 2,
      ) &&
        this.makeRoom(
          (other) => other !== share,
          () => this.held + bytes - limitBytes,
        ));
    if (!fits) return false;
    if (share.bytes === 0 && bytes > 0) this.add(share);
    share.bytes += bytes;
    this.held += bytes;
    return true;
  }

  release(share: ByteShare, bytes: number): void {
    const given = Math.min(bytes, share.bytes);
    if (given === 0) return;
    share.bytes -= given;
    this.held -= given;
    // It holds nothing that others could need.
    if (share.bytes === 0) this.remove(share);
  }

  private add(share: ByteShare): void {
    share.index = this.shares.push(share) - 1;
  }

  private remove(share: ByteShare): void {
    const last = this.shares.pop()!;
    if (last === share) return;
    this.shares[share.index] = last;
    last.index = share.index;
  }

  private heldBy(clientKey: string): number {
    let bytes = 0;
    for (const share of this.shares) if (share.clientKey === clientKey) bytes += share.bytes;
    return bytes;
  }

  private makeRoom(among: (share: ByteShare) => boolean, missing: () => number): boolean {
    if (missing() <= 0) return true;
    const before = this.clock().getTime() - patienceMilliseconds;
    const stalled = [...this.shares]
      .filter((share) => among(share) && share.bytes > 0 && (share.awaitedSince ?? Infinity) <= before)
      .toSorted((a, b) => a.awaitedSince! - b.awaitedSince!);
    for (const share of stalled) {
      if (missing() <= 0) break;
      share.close();
      share.cut();
    }
    return missing() <= 0;
  }
}

/** The bytes that one request holds of a budget. */
export class ByteShare {
  bytes = 0;
  /** Its place among the shares that hold bytes. */
  index = 0;
  /** The instant of the client's last progress, in milliseconds since 1970; undefined if it isn't waited for. */
  awaitedSince: number | undefined;
  private isOpen = true;

  constructor(
    private readonly budget: ByteBudget,
    readonly clientKey: string,
    readonly cut: () => void,
  ) {}

  /** Reserves another `bytes`. Returns false if there is no room for them, or if the client has gone. */
  take(bytes: number): boolean {
    return this.isOpen && this.budget.take(this, bytes);
  }

  /** Reserves what is missing to `bytes` in all. Returns false if there is no room for that. */
  takeUpTo(bytes: number): boolean {
    return bytes <= this.bytes || this.take(bytes - this.bytes);
  }

  /** Releases `bytes`, or as many as it holds. */
  release(bytes: number): void {
    this.budget.release(this, bytes);
  }

  /** Records that the client is waited for. Call it again whenever the client has sent or read something. */
  awaitClient(): void {
    this.awaitedSince = this.budget.clock().getTime();
  }

  stopAwaiting(): void {
    this.awaitedSince = undefined;
  }

  /** Releases all bytes. No more can be reserved. */
  close(): void {
    this.isOpen = false;
    this.budget.release(this, this.bytes);
  }
}

/** A response's share of a budget, opened for its client when the first bytes are reserved. */
export class AnswerRoom {
  private share: ByteShare | undefined;
  private isClosed = false;

  constructor(
    private readonly budget: ByteBudget,
    private readonly cut: () => void,
  ) {}

  of(clientKey: string): ByteShare {
    this.share ??= this.budget.open(clientKey, this.cut);
    // A share that nobody closes would hold its bytes for ever.
    if (this.isClosed) this.share.close();
    return this.share;
  }

  /** @throws KnownError `SERVICE_UNAVAILABLE` if there is no room. */
  readonly take = (bytes: number, clientKey: string): void => {
    if (!this.of(clientKey).take(bytes)) throw tooBusy();
  };

  close(): void {
    this.isClosed = true;
    this.share?.close();
  }
}
