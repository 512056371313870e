import type { Auth } from "../../kit/auth.js";
import type { TokenRules } from "../../foundation/config/session-rules.js";
import { verifyAccessToken } from "./access-token.js";
import type { SessionRow } from "./session-lookup.js";

/**
 * Verifies the Authorization headers of a request at the instant `now`. Only a valid token costs a read: of one session
 * with its user by their ids, which waits for no write. Never throws because of a credential.
 */
export async function authenticate(
  lookUp: (userId: string, sessionId: string) => Promise<SessionRow | undefined>,
  authorization: readonly string[],
  rules: TokenRules,
  now: Date,
): Promise<Auth> {
  if (authorization.length === 0) return { state: "anonymous" };
  const token = bearerTokenOf(authorization);
  if (token === undefined) return { state: "invalid", isOtherScheme: !authorization.every(isBearer) };
  const verification = verifyAccessToken(token, rules, now);
  if (verification.state !== "good") return verification;

  const { userId, sessionId, expiresAt } = verification;
  const row = await lookUp(userId, sessionId);
  if (row === undefined) return { state: "gone", of: { userId, sessionId } };
  // An ended session stays ended, even if the process that ended it has a clock ahead of this one's.
  if (row.session_id === null || row.ended_at !== null || now.getTime() >= row.expires_at)
    return { state: "revoked", of: { userId, sessionId } };
  const { name, email, registered_at } = row;
  const viewer = { userId, sessionId, name, email, registeredAt: new Date(registered_at) };
  return { state: "viewer", viewer, expiresAt };
}

const isBearer = (header: string): boolean => /^bearer /i.test(header);

/** Returns the token (RFC 6750, section 2.1). The scheme is case-insensitive (RFC 9110, section 11.1). Two headers are no credential. */
function bearerTokenOf(authorization: readonly string[]): string | undefined {
  if (authorization.length !== 1) return undefined;
  return /^bearer +([\w.-]+)$/i.exec(authorization[0]!)?.[1];
}
