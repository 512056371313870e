import type { Clock, Timer } from "../../foundation/clock.js";
import { ClientCounter } from "../../foundation/fairness/client-counter.js";
import type { Batches } from "./batches.js";

/** A connection that stays open: a socket or a stream. */
export type Connection = {
  /** The key under which open connections are counted. */
  readonly clientKey: () => string;
  /** The connection's credential; undefined if there is none, or not yet. */
  readonly credential: () => Credential | undefined;
  /** Called when the credential's time is over. */
  expire(): void;
  /** Called when the session has ended: no event may be sent any longer, and the connection closes with the reason. */
  endWithSession(): void;
  /** Called when the session may have ended unnoticed, to verify the credential again. */
  verify(): void;
  /** Called when the server stops. */
  stop(): void;
};

export type Credential = {
  readonly sessionId: string;
  /** The first instant at which it is no longer good, in milliseconds since 1970. */
  readonly endsAt: number;
};

// If the wall clock is set while a timer runs, it is noticed within this time.
const lookAgainMilliseconds = 1000;

/** All open sockets and streams of a process. It ends each of them with its credential. */
export class Connections {
  private readonly all = new Set<Connection>();
  private readonly bySession = new Map<string, Set<Connection>>();
  private readonly sessionOf = new Map<Connection, string>();
  private readonly clientKeyOf = new Map<Connection, string>();
  private readonly counts = new ClientCounter();
  private isStopped = false;
  private planned: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(
    private readonly deps: {
      /** Decides when `exp` has come. Timers only say when to look at it. */
      readonly clock: Clock;
      readonly timer: Timer;
      /** Closes many connections that end at once. */
      readonly batches: Batches;
      /** The largest number of open connections. */
      readonly most: number;
      /** Called when the last connection has closed. */
      readonly onEmpty: () => void;
    },
  ) {}

  add(connection: Connection): void {
    this.all.add(connection);
    this.countClient(connection);
  }

  remove(connection: Connection): void {
    this.forgetClient(connection);
    this.forgetSession(connection);
    if (this.all.delete(connection) && this.all.size === 0) this.deps.onEmpty();
  }

  /** Records that a connection's credential has changed. */
  noteCredential(connection: Connection): void {
    const credential = connection.credential();
    if (credential === undefined || !this.all.has(connection)) return;
    this.countClient(connection);
    const { sessionId, endsAt } = credential;
    this.forgetSession(connection);
    this.sessionOf.set(connection, sessionId);
    const ofSession = this.bySession.get(sessionId) ?? new Set();
    this.bySession.set(sessionId, ofSession.add(connection));
    this.plan(endsAt);
  }

  sessionEnded(sessionId: string): void {
    for (const connection of this.bySession.get(sessionId) ?? []) connection.endWithSession();
  }

  /** Verifies the credentials of all connections again. */
  verifyAll(): void {
    for (const connection of this.all) this.deps.batches(() => void (this.all.has(connection) && connection.verify()));
  }

  /** Reports whether no further connection may open. */
  isFull(): boolean {
    return this.isStopped || this.all.size >= this.deps.most;
  }

  count(): number {
    return this.all.size;
  }

  countOf(clientKey: string): number {
    return this.counts.of(clientKey);
  }

  stopAll(): void {
    this.isStopped = true;
    this.planned?.cancel();
    for (const connection of this.all) connection.stop();
  }

  private countClient(connection: Connection): void {
    this.forgetClient(connection);
    const clientKey = connection.clientKey();
    this.clientKeyOf.set(connection, clientKey);
    this.counts.add(clientKey);
  }

  private forgetClient(connection: Connection): void {
    const clientKey = this.clientKeyOf.get(connection);
    if (clientKey !== undefined && this.clientKeyOf.delete(connection)) this.counts.remove(clientKey);
  }

  private forgetSession(connection: Connection): void {
    const sessionId = this.sessionOf.get(connection);
    if (sessionId === undefined) return;
    this.sessionOf.delete(connection);
    const others = this.bySession.get(sessionId)!;
    others.delete(connection);
    if (others.size === 0) this.bySession.delete(sessionId);
  }

  /** Plans to look at the clock when the first credential ends, and at least once a second before that. */
  private plan(endsAt: number): void {
    const now = this.deps.clock().getTime();
    const at = Math.min(endsAt, now + lookAgainMilliseconds);
    if (this.planned !== undefined && this.planned.at <= at) return;
    this.planned?.cancel();
    this.planned = { at, cancel: this.deps.timer(Math.max(at - now, 1), () => this.look()) };
  }

  private look(): void {
    this.planned = undefined;
    const now = this.deps.clock().getTime();
    let first = Infinity;
    for (const connection of this.all) {
      const endsAt = endOf(connection);
      if (endsAt <= now) this.deps.batches(() => this.expire(connection));
      else first = Math.min(first, endsAt);
    }
    if (first < Infinity) this.plan(first);
  }

  private expire(connection: Connection): void {
    if (this.all.has(connection) && endOf(connection) <= this.deps.clock().getTime()) connection.expire();
  }
}

const endOf = (connection: Connection): number => connection.credential()?.endsAt ?? Infinity;
