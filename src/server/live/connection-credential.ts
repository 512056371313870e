import { refusalOf, type Auth } from "../../kit/auth.js";
import type { Clock } from "../../foundation/clock.js";
import type { ContextFactory } from "../../graphql/create-context.js";
import type { OperationContext } from "../../graphql/operation-context.js";
import type { KnownError } from "../../foundation/errors.js";
import type { RequestCaller } from "../endpoint/caller.js";
import type { EventLog } from "../../database/event-log/event-log.js";
import type { Connection, Connections, Credential } from "./connections.js";

/** The means to verify credentials, and to learn when they end. */
export type CredentialVerifier = Pick<ContextFactory, "createContext"> & {
  readonly clock: Clock;
  readonly clockToleranceSeconds: number;
  readonly events: EventLog;
  /** Starts to follow the event log, unless that is done already. */
  readonly follow: () => Promise<void>;
  readonly connections: Connections;
};

/** The credential of a connection: verified when it comes, and good until its expiry or the end of its session. */
export class ConnectionCredential {
  auth: Auth = { state: "anonymous" };
  authorization: readonly string[] = [];

  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly client: RequestCaller,
  ) {}

  /** The key under which the connection is queued and counted. */
  readonly clientKey = (): string => (this.auth.state === "viewer" ? this.auth.viewer.userId : this.client.addressKey);

  /** The session, and the instant from which a request with the credential would be rejected. */
  readonly credential = (): Credential | undefined => {
    const { auth } = this;
    if (auth.state !== "viewer") return undefined;
    const endsAt = auth.expiresAt.getTime() + this.verifier.clockToleranceSeconds * 1000;
    return { sessionId: auth.viewer.sessionId, endsAt };
  };

  /**
   * Verifies the first credential of a connection, and closes the connection when it ends.
   *
   * @returns the error of a bad credential.
   */
  async hold(connection: Connection, authorization: readonly string[]): Promise<KnownError | undefined> {
    const { events, connections, follow } = this.verifier;
    await follow();
    const before = events.position().seq;
    let verified = await this.verify(authorization);
    this.auth = verified.auth;
    this.authorization = authorization;
    connections.noteCredential(connection);
    // The session may have ended, and the event passed, before this connection was known to use it.
    if (events.position().seq !== before) verified = await this.verify(authorization);
    this.auth = verified.auth;
    return refusalOf(verified.auth, verified.now);
  }

  /**
   * Replaces the token by a newer one of the same session, which moves the connection's end. An older token changes
   * nothing.
   *
   * @returns the error of a token that is bad, or of another session.
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
      this.verifier.connections.noteCredential(connection);
    }
    return undefined;
  }

  /** Reports whether its time is over, even if no timer has run yet. */
  isOver(): boolean {
    return (this.credential()?.endsAt ?? Infinity) <= this.verifier.clock().getTime();
  }

  /** Returns the time that is left, as a client is told it; null without a credential. */
  lifetime() {
    const now = this.verifier.clock();
    const expiresAt = this.auth.state === "viewer" ? this.auth.expiresAt : null;
    return {
      expiresAt: expiresAt?.toISOString() ?? null,
      expiresIn: expiresAt && Math.floor((expiresAt.getTime() - now.getTime()) / 1000),
      serverTime: now.toISOString(),
    };
  }

  /** Returns the error of a credential whose time is over. */
  whyExpired(): KnownError {
    const expired: Auth =
      this.auth.state === "viewer"
        ? { ...this.auth, state: "expired", expiredAt: this.auth.expiresAt }
        : { state: "invalid" };
    return refusalOf(expired, this.verifier.clock())!;
  }

  /**
   * Verifies the credential again.
   *
   * @returns the error of a credential that is no longer good.
   */
  async verifyAgain(): Promise<KnownError | undefined> {
    const { auth, now } = await this.verify(this.authorization);
    return refusalOf(auth, now);
  }

  /** Returns the error of a credential whose session has ended: `SESSION_REVOKED` or, without its user, `USER_GONE`. */
  async whyEnded(): Promise<KnownError> {
    const refusal = await this.verify(this.authorization).then(
      ({ auth, now }) => refusalOf(auth, now),
      () => undefined,
    );
    return refusal ?? refusalOf({ state: "revoked" }, this.verifier.clock())!;
  }

  private async verify(authorization: readonly string[]): Promise<OperationContext> {
    const context = await this.verifier.createContext({ ...this.client, authorization });
    context.operation.end();
    return context;
  }
}
