import type { Timer } from "../../foundation/clock.js";
import type { ByteBudget, ByteShare } from "../connection/byte-budget.js";
import type { EventAnswer } from "../../graphql/execute-event.js";

/** What is sent at a time: one text, of which a large part may be bytes that others are sent too. */
export type Parcel = readonly (string | Buffer)[];

/** What is sent to one client, bounded by what the client takes. */
export type Outbox = {
  /** Sends. Answers false where there is no room for it among all that is on its way to clients. */
  readonly send: (parcel: Parcel, how?: SendOptions) => boolean;
  /** Whether so many more events would be too many to wait, or what waits is too large; answers of operations apart. */
  readonly isBehind: (events: number) => boolean;
  /** Resolves when little waits for the client, or nothing will ever be sent again. */
  readonly room: () => Promise<void>;
  readonly close: () => void;
};

export type SendOptions = {
  readonly isEvent?: boolean;
  /** For what has been done, and must be told. */
  readonly evenWithoutRoom?: boolean;
};

const mostEvents = 100;
const mostBytes = 1024 * 1024;
const fewEvents = 20;
const fewBytes = 64 * 1024;

/** An answer with what goes before and after it. */
export const around = (before: string, answer: EventAnswer, after: string): Parcel =>
  typeof answer === "string" ? [before + answer + after] : [before, answer, after];

export function makeOutbox(parts: {
  /** Hands a part over to be sent, and tells when it has gone. */
  readonly transmit: (part: string | Buffer, isLast: boolean, sent: () => void) => void;
  /** Closes the connection at once. */
  readonly cut: () => void;
  readonly clientKey: () => string;
  readonly answers: ByteBudget;
  readonly timer: Timer;
  readonly sendTimeoutMilliseconds: number;
}): Outbox {
  const { transmit, cut, clientKey, answers, timer, sendTimeoutMilliseconds } = parts;
  /** What waits beyond the first few bytes, which the number of connections bounds. */
  let share: ByteShare | undefined;
  let bytesOfShare = 0;
  const waiters = new Set<() => void>();
  let events = 0;
  let bytes = 0;
  let bytesBehind = 0;
  let isClosed = false;
  let cancel: (() => void) | undefined;

  const hasRoom = () => isClosed || (events <= fewEvents && bytes <= fewBytes);
  const wake = () => {
    if (!hasRoom()) return;
    for (const resolve of waiters) resolve();
    waiters.clear();
  };
  // From one progress to the next, as long as anything waits.
  const awaitClient = () => {
    cancel?.();
    cancel = bytes === 0 || isClosed ? undefined : timer(sendTimeoutMilliseconds, cut);
  };

  const takeRoom = (size: number): boolean => {
    share ??= answers.open(clientKey(), cut);
    if (!share.take(size)) return false;
    // Since its last progress, not since the last parcel.
    if (bytesOfShare === 0) share.awaitClient();
    bytesOfShare += size;
    return true;
  };
  const giveBack = (size: number): void => {
    bytesOfShare -= size;
    share!.release(size);
    if (bytesOfShare === 0) share!.stopAwaiting();
    else share!.awaitClient();
  };

  return {
    isBehind: (more) => events + more >= mostEvents || bytesBehind >= mostBytes,
    send(parcel, { isEvent = false, evenWithoutRoom = false } = {}) {
      const size = parcel.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
      // Small parcels add up, so what counts is all that waits.
      const needsRoom = bytes + size > fewBytes;
      const hasTaken = needsRoom && takeRoom(size);
      if (needsRoom && !hasTaken && !evenWithoutRoom) return false;
      // A large answer was asked for, however slow the client, and has its room.
      const behind = isEvent || size <= fewBytes ? size : 0;
      bytes += size;
      bytesBehind += behind;
      if (isEvent) events += 1;
      if (cancel === undefined) awaitClient();
      const sent = () => {
        if (hasTaken) giveBack(size);
        bytes -= size;
        bytesBehind -= behind;
        if (isEvent) events -= 1;
        awaitClient();
        wake();
      };
      const last = parcel.length - 1;
      for (const [index, part] of parcel.entries()) transmit(part, index === last, index === last ? sent : () => {});
      return true;
    },
    room: () => (hasRoom() ? Promise.resolve() : new Promise((resolve) => waiters.add(resolve))),
    close() {
      isClosed = true;
      cancel?.();
      share?.close();
      wake();
    },
  };
}
