import type { Clock } from "../../foundation/clock.js";
import { tooBusy } from "../../foundation/fairness/turns.js";

/** Bytes that are held for clients, bounded in all: bodies on their way in, or answers on their way out. */
export type ByteBudget = {
  /** @param cut ends the connection, which lets go of the bytes. */
  readonly open: (clientKey: string, cut: () => void) => ByteShare;
};

/** What one request holds of a budget. */
export type ByteShare = {
  /** Takes so many bytes more. Answers false where there is no room for them. */
  readonly take: (bytes: number) => boolean;
  /** Takes what is missing to so many bytes in all. Answers false where there is no room for that. */
  readonly takeUpTo: (bytes: number) => boolean;
  /** Gives so many bytes back, or as many as it holds. */
  readonly release: (bytes: number) => void;
  /** From now on it is the client that is waited for; called again whenever it has sent or taken something. */
  readonly awaitClient: () => void;
  /** The client is waited for no more. */
  readonly stopAwaiting: () => void;
  /** Lets go of all of it. */
  readonly close: () => void;
};

// What is smaller is always let in: it is bounded by the number of connections, and never waits for what is large.
const alwaysAdmittedBytes = 16 * 1024;
// Who has made no progress for this long goes first where others need the room.
const patienceMilliseconds = 1000;

/**
 * A budget of which one client may hold half. Where there is no room, connections are cut whose clients make no progress,
 * the one that has waited longest first.
 */
export function byteBudget(limitBytes: number, clock: Clock): ByteBudget {
  type Holder = {
    readonly clientKey: string;
    bytes: number;
    awaitedSince: number | undefined;
    isOpen: boolean;
    readonly cut: () => void;
  };
  const holders = new Set<Holder>();
  let held = 0;
  const heldBy = (clientKey: string): number => {
    let bytes = 0;
    for (const holder of holders) if (holder.clientKey === clientKey) bytes += holder.bytes;
    return bytes;
  };
  const release = (holder: Holder) => {
    if (holders.delete(holder)) held -= holder.bytes;
    holder.bytes = 0;
    holder.isOpen = false;
  };

  const makeRoom = (among: (holder: Holder) => boolean, missing: () => number): boolean => {
    if (missing() <= 0) return true;
    const before = clock().getTime() - patienceMilliseconds;
    const stalled = [...holders]
      .filter((holder) => among(holder) && holder.bytes > 0 && (holder.awaitedSince ?? Infinity) <= before)
      .toSorted((a, b) => a.awaitedSince! - b.awaitedSince!);
    for (const holder of stalled) {
      if (missing() <= 0) break;
      release(holder);
      holder.cut();
    }
    return missing() <= 0;
  };

  return {
    open(clientKey, cut) {
      const own: Holder = { clientKey, bytes: 0, awaitedSince: undefined, isOpen: true, cut };
      const take = (bytes: number): boolean => {
        // What is taken for a client that has gone would never be let go of.
        if (!own.isOpen) return false;
        const fits =
          own.bytes + bytes <= alwaysAdmittedBytes ||
          (makeRoom(
            (other) => other !== own && other.clientKey === clientKey,
            () => heldBy(clientKey) + bytes - limitBytes / 2,
          ) &&
            makeRoom(
              (other) => other !== own,
              () => held + bytes - limitBytes,
            ));
        if (!fits) return false;
        holders.add(own);
        own.bytes += bytes;
        held += bytes;
        return true;
      };
      return {
        take,
        takeUpTo: (bytes) => bytes <= own.bytes || take(bytes - own.bytes),
        release(bytes) {
          const given = Math.min(bytes, own.bytes);
          own.bytes -= given;
          held -= given;
          // It holds nothing that others could need.
          if (own.bytes === 0) holders.delete(own);
        },
        awaitClient: () => void (own.awaitedSince = clock().getTime()),
        stopAwaiting: () => void (own.awaitedSince = undefined),
        close: () => release(own),
      };
    },
  };
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
