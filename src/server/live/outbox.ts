import type { Timer } from "../../foundation/clock.js";
import type { EventAnswer } from "../../graphql/execute-event.js";
import type { ByteBudget, ByteShare } from "../connection/byte-budget.js";

/** One text in parts. A large part may be bytes that other clients are sent too. */
export type Parcel = readonly (string | Buffer)[];

export type SendOptions = {
  readonly isEvent?: boolean;
  /** For the answer to a mutation, whose client must learn what was done. */
  readonly evenWithoutRoom?: boolean;
};

// At these, a client is too slow.
const mostEvents = 100;
const mostBytes = 1024 * 1024;
// At these, there is room for more.
const fewEvents = 20;
const fewBytes = 64 * 1024;

/** Returns an answer with text before and after it. */
export const framed = (before: string, answer: EventAnswer, after: string): Parcel =>
  typeof answer === "string" ? [before + answer + after] : [before, answer, after];

type Deps = {
  /** Sends a part, and calls back when it has left. */
  readonly transmit: (part: string | Buffer, isLast: boolean, sent: () => void) => void;
  /** Closes the connection at once. */
  readonly cut: () => void;
  readonly clientKey: () => string;
  /** The bytes of all responses in progress. */
  readonly answers: ByteBudget;
  readonly timer: Timer;
  /** The connection is closed if its client reads nothing for this long. */
  readonly sendTimeoutMilliseconds: number;
};

/** The messages on their way to one client, bounded by how fast it reads. */
export class Outbox {
  /** Bytes beyond the first few, which the number of connections bounds. */
  private share: ByteShare | undefined;
  private bytesOfShare = 0;
  private readonly waiters = new Set<() => void>();
  private events = 0;
  private bytes = 0;
  private bytesBehind = 0;
  private isClosed = false;
  private cancelTimeout: (() => void) | undefined;

  constructor(private readonly deps: Deps) {}

  /**
   * Reports whether another `more` events would be too many to wait, or the waiting bytes are too many. Large answers of
   * operations don't count.
   */
  readonly isBehind = (more: number): boolean => this.events + more >= mostEvents || this.bytesBehind >= mostBytes;

  /** Resolves when little waits for the client, or nothing will ever be sent again. */
  readonly room = (): Promise<void> =>
    this.hasRoom() ? Promise.resolve() : new Promise((resolve) => void this.waiters.add(resolve));

  /** Sends a parcel. Returns false if there is no room for it among all responses in progress. */
  send(parcel: Parcel, { isEvent = false, evenWithoutRoom = false }: SendOptions = {}): boolean {
    const size = parcel.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    // Small parcels add up, so what counts is all that waits.
    const needsRoom = this.bytes + size > fewBytes;
    const hasTaken = needsRoom && this.takeRoom(size);
    if (needsRoom && !hasTaken && !evenWithoutRoom) return false;
    // A large answer was asked for, however slow the client, and has its room.
    const behind = isEvent || size <= fewBytes ? size : 0;
    this.count(size, behind, isEvent ? 1 : 0);
    if (this.cancelTimeout === undefined) this.awaitClient();
    const sent = () => {
      if (hasTaken) this.releaseRoom(size);
      this.count(-size, -behind, isEvent ? -1 : 0);
      this.awaitClient();
      this.wake();
    };
    const last = parcel.length - 1;
    for (const [index, part] of parcel.entries())
      this.deps.transmit(part, index === last, index === last ? sent : () => {});
    return true;
  }

  close(): void {
    this.isClosed = true;
    this.cancelTimeout?.();
    this.share?.close();
    this.wake();
  }

  private count(bytes: number, bytesBehind: number, events: number): void {
    this.bytes += bytes;
    this.bytesBehind += bytesBehind;
    this.events += events;
  }

  private hasRoom(): boolean {
    return this.isClosed || (this.events <= fewEvents && this.bytes <= fewBytes);
  }

  private wake(): void {
    if (!this.hasRoom()) return;
    for (const resolve of this.waiters) resolve();
    this.waiters.clear();
  }

  /** Starts the time in which the client must read something, as long as anything waits for it. */
  private awaitClient(): void {
    const { timer, sendTimeoutMilliseconds, cut } = this.deps;
    this.cancelTimeout?.();
    this.cancelTimeout = this.bytes === 0 || this.isClosed ? undefined : timer(sendTimeoutMilliseconds, cut);
  }

  private takeRoom(size: number): boolean {
    const { answers, clientKey, cut } = this.deps;
    this.share ??= answers.open(clientKey(), cut);
    if (!this.share.take(size)) return false;
    // The client is waited for since its last progress, not since the last parcel.
    if (this.bytesOfShare === 0) this.share.awaitClient();
    this.bytesOfShare += size;
    return true;
  }

  private releaseRoom(size: number): void {
    this.bytesOfShare -= size;
    this.share!.release(size);
    if (this.bytesOfShare === 0) this.share!.stopAwaiting();
    else this.share!.awaitClient();
  }
}
