import type { Auth } from "../auth.js";
import type { Credential } from "./connections.js";

/** What a client is told of the time that its credential has left; null where it has none. */
export function lifetimeOf(auth: Auth, now: Date) {
  const expiresAt = auth.state === "viewer" ? auth.expiresAt : null;
  return {
    expiresAt: expiresAt?.toISOString() ?? null,
    expiresIn: expiresAt && Math.floor((expiresAt.getTime() - now.getTime()) / 1000),
    serverTime: now.toISOString(),
  };
}

/** The session that a credential is of, and the instant from which on a request with it would be refused. */
export function endOf(auth: Auth, clockToleranceSeconds: number): Credential | undefined {
  if (auth.state !== "viewer") return undefined;
  return {
    sessionId: auth.viewer.sessionId,
    endsAt: auth.expiresAt.getTime() + clockToleranceSeconds * 1000,
  };
}
