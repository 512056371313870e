import type { Clock, Timer } from "../../foundation/clock.js";
import { countsByClient } from "../../foundation/fairness/counts-by-client.js";
import type { Batches } from "./batches.js";

/** A connection that stays open: a socket or a stream. */
export type Connection = {
  /** Whose it is, among which those open at a time are counted. */
  readonly clientKey: () => string;
  /** The credential that it goes by; undefined before it is known, and where there is none. */
  readonly credential: () => Credential | undefined;
  /** Its credential has come to its end. */
  readonly expire: () => void;
  /** Its session was ended, so nothing may leave any more; it says why, and closes. */
  readonly endWithSession: () => void;
  /** Its session may have ended without a word, so its credential is verified again. */
  readonly verify: () => void;
  /** The server stops. */
  readonly stop: () => void;
};

export type Credential = {
  readonly sessionId: string;
  /** The first instant at which it isn't good any more, in milliseconds since 1970. */
  readonly endsAt: number;
};

/** All connections of a process, which ends them with their credentials. */
export type Connections = {
  readonly add: (connection: Connection) => void;
  readonly remove: (connection: Connection) => void;
  /** Takes note that the credential of a connection is another one now. */
  readonly noteCredential: (connection: Connection) => void;
  readonly sessionEnded: (sessionId: string) => void;
  /** Verifies the credentials of all connections again. */
  readonly verifyAll: () => void;
  /** Whether there are as many as there may be; none where they were stopped. */
  readonly isFull: () => boolean;
  readonly count: () => number;
  readonly countOf: (clientKey: string) => number;
  readonly stopAll: () => void;
};

// A wall clock that is set while a timer runs is noticed within this time.
const lookAgainMilliseconds = 1000;

/**
 * @param clock what `exp` is judged by; timers only say when to look at it.
 * @param portions closes one after the other where many come to their end at once.
 * @param most how many there may be.
 * @param onEmpty called when none is left.
 */
export function watchConnections(
  clock: Clock,
  timer: Timer,
  batches: Batches,
  most: number,
  onEmpty: () => void,
): Connections {
  const all = new Set<Connection>();
  const bySession = new Map<string, Set<Connection>>();
  const sessionOf = new Map<Connection, string>();
  const partyOf = new Map<Connection, string>();
  const counts = countsByClient();
  let isStopped = false;
  let planned: { readonly at: number; readonly cancel: () => void } | undefined;

  const forgetSession = (connection: Connection): void => {
    const sessionId = sessionOf.get(connection);
    if (sessionId === undefined) return;
    sessionOf.delete(connection);
    const others = bySession.get(sessionId)!;
    others.delete(connection);
    if (others.size === 0) bySession.delete(sessionId);
  };

  const forgetParty = (connection: Connection): void => {
    const clientKey = partyOf.get(connection);
    if (clientKey !== undefined && partyOf.delete(connection)) counts.add(clientKey, -1);
  };
  const noteParty = (connection: Connection): void => {
    forgetParty(connection);
    const clientKey = connection.clientKey();
    partyOf.set(connection, clientKey);
    counts.add(clientKey, 1);
  };

  /** Looks at the clock when the first credential ends; sooner where that is far away, and never before. */
  const plan = (endsAt: number): void => {
    const now = clock().getTime();
    const at = Math.min(endsAt, now + lookAgainMilliseconds);
    if (planned !== undefined && planned.at <= at) return;
    planned?.cancel();
    planned = { at, cancel: timer(Math.max(at - now, 1), look) };
  };
  const endOf = (connection: Connection): number => connection.credential()?.endsAt ?? Infinity;
  const expire = (connection: Connection): void => {
    if (all.has(connection) && endOf(connection) <= clock().getTime()) connection.expire();
  };
  const look = (): void => {
    planned = undefined;
    const now = clock().getTime();
    let first = Infinity;
    for (const connection of all) {
      const endsAt = endOf(connection);
      if (endsAt <= now) batches(() => expire(connection));
      else first = Math.min(first, endsAt);
    }
    if (first < Infinity) plan(first);
  };

  return {
    add(connection) {
      all.add(connection);
      noteParty(connection);
    },
    remove(connection) {
      forgetParty(connection);
      forgetSession(connection);
      if (all.delete(connection) && all.size === 0) onEmpty();
    },
    noteCredential(connection) {
      const credential = connection.credential();
      if (credential === undefined || !all.has(connection)) return;
      noteParty(connection);
      const { sessionId, endsAt } = credential;
      forgetSession(connection);
      sessionOf.set(connection, sessionId);
      const ofSession = bySession.get(sessionId) ?? new Set();
      bySession.set(sessionId, ofSession.add(connection));
      plan(endsAt);
    },
    sessionEnded(sessionId) {
      for (const connection of bySession.get(sessionId) ?? []) connection.endWithSession();
    },
    verifyAll() {
      for (const connection of all) batches(() => all.has(connection) && connection.verify());
    },
    isFull: () => isStopped || all.size >= most,
    count: () => all.size,
    countOf: counts.of,
    stopAll() {
      isStopped = true;
      planned?.cancel();
      for (const connection of all) connection.stop();
    },
  };
}
