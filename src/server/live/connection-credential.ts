import { refusalOf, type Auth } from "../../kit/auth.js";
import type { Clock } from "../../foundation/clock.js";
import type { ContextFactory } from "../../graphql/create-context.js";
import type { OperationContext } from "../../graphql/operation-context.js";
import type { KnownError } from "../../foundation/errors.js";
import type { RequestCaller } from "../endpoint/caller.js";
import type { EventLog } from "../../database/event-log/event-log.js";
import type { Connection, Connections, Credential } from "./connections.js";

export type CredentialKeeper = Pick<ContextFactory, "createContext"> & {
  readonly clock: Clock;
  readonly clockToleranceSeconds: number;
  readonly events: EventLog;
  /** Begins to follow the event log, where that isn't done yet. */
  readonly follow: () => Promise<void>;
  readonly connections: Connections;
};

/** The credential of a connection: verified when it comes, and good until its end is told. */
export class ConnectionCredential {
  auth: Auth = { state: "anonymous" };
  authorization: readonly string[] = [];

  constructor(
    private readonly keeper: CredentialKeeper,
    private readonly client: RequestCaller,
  ) {}

  /** Who has turns, and is counted. */
  readonly clientKey = (): string => (this.auth.state === "viewer" ? this.auth.viewer.userId : this.client.addressKey);

  /** The session that it is of, and the instant from which on a request with it would be refused. */
  readonly credential = (): Credential | undefined => {
    const { auth } = this;
    if (auth.state !== "viewer") return undefined;
    const endsAt = auth.expiresAt.getTime() + this.keeper.clockToleranceSeconds * 1000;
    return { sessionId: auth.viewer.sessionId, endsAt };
  };

  /**
   * Judges the first credential of a connection, whose end is listened for from then on.
   *
   * @returns the answer to a bad one.
   */
  async hold(connection: Connection, authorization: readonly string[]): Promise<KnownError | undefined> {
    const { events, connections, follow } = this.keeper;
    await follow();
    const before = events.position().seq;
    let verified = await this.verify(authorization);
    this.auth = verified.auth;
    this.authorization = authorization;
    connections.noteCredential(connection);
    // Its session may have ended, and that been told, before anybody knew which session this connection is of.
    if (events.position().seq !== before) verified = await this.verify(authorization);
    this.auth = verified.auth;
    return refusalOf(verified.auth, verified.now);
  }

  /**
   * Takes a newer token of the same session in place of the one before, which changes when the connection ends. An older
   * one changes nothing.
   *
   * @returns the answer to one that is bad, or another session's.
   */
  async renew(connection: Connection, given: string): Promise<KnownError | undefined> {
    const { auth, now } = await this.verify([given]);
    const held = this.auth;
    const isOfSession =
      auth.state === "viewer" && held.state === "viewer" && auth.viewer.sessionId === held.viewer.sessionId;
    if (!isOfSession) return refusalOf(auth, now) ?? refusalOf({ state: "invalid" }, now);
    if (auth.expiresAt > held.expiresAt) {
      this.auth = auth;
      this.authorization = [given];
      this.keeper.connections.noteCredential(connection);
    }
    return undefined;
  }

  /** Whether its time is over, whether or not anybody has looked at the clock since. */
  isOver(): boolean {
    return (this.credential()?.endsAt ?? Infinity) <= this.keeper.clock().getTime();
  }

  /** What a client is told of the time that is left; null where it has no credential. */
  lifetime() {
    const now = this.keeper.clock();
    const expiresAt = this.auth.state === "viewer" ? this.auth.expiresAt : null;
    return {
      expiresAt: expiresAt?.toISOString() ?? null,
      expiresIn: expiresAt && Math.floor((expiresAt.getTime() - now.getTime()) / 1000),
      serverTime: now.toISOString(),
    };
  }

  /** The answer to who goes on with it when its time is over. */
  whyExpired(): KnownError {
    const expired: Auth =
      this.auth.state === "viewer"
        ? { ...this.auth, state: "expired", expiredAt: this.auth.expiresAt }
        : { state: "invalid" };
    return refusalOf(expired, this.keeper.clock())!;
  }

  /**
   * Looks its session up again.
   *
   * @returns the refusal of a credential that is no longer good.
   */
  async verifyAgain(): Promise<KnownError | undefined> {
    const { auth, now } = await this.verify(this.authorization);
    return refusalOf(auth, now);
  }

  /** The answer to who goes on with it when its session was ended: that, or that the user is gone too. */
  async whyEnded(): Promise<KnownError> {
    const refusal = await this.verify(this.authorization).then(
      ({ auth, now }) => refusalOf(auth, now),
      () => undefined,
    );
    return refusal ?? refusalOf({ state: "revoked" }, this.keeper.clock())!;
  }

  private async verify(authorization: readonly string[]): Promise<OperationContext> {
    const context = await this.keeper.createContext({ ...this.client, authorization });
    context.operation.end();
    return context;
  }
}
