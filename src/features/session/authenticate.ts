import type { Auth } from "../../kit/auth.js";
import type { TokenRules } from "../../foundation/config/session-rules.js";
import { readAccessToken } from "./access-token.js";
import type { ViewerRow } from "./session-lookup.js";

/**
 * Judges the Authorization headers of a request at the instant `now`. Only a token that is good in itself costs a
 * read, of one session with its user by their ids, which waits for no write. Never throws for a credential.
 */
export async function authenticate(
  lookUp: (userId: string, sessionId: string) => Promise<ViewerRow | undefined>,
  authorization: readonly string[],
  rules: TokenRules,
  now: Date,
): Promise<Auth> {
  if (authorization.length === 0) return { state: "anonymous" };
  const token = bearerTokenOf(authorization);
  if (token === undefined) return { state: "invalid", isOtherScheme: !authorization.every(isBearer) };
  const reading = readAccessToken(token, rules, now);
  if (reading.state !== "good") return reading;

  const { userId, sessionId, expiresAt } = reading;
  const row = await lookUp(userId, sessionId);
  if (row === undefined) return { state: "gone", of: { userId, sessionId } };
  // Ended is ended, though it be by a process whose clock is ahead of this one's.
  if (row.session_id === null || row.ended_at !== null || now.getTime() >= row.expires_at)
    return { state: "revoked", of: { userId, sessionId } };
  const { name, email, registered_at } = row;
  const viewer = { userId, sessionId, name, email, registeredAt: new Date(registered_at) };
  return { state: "viewer", viewer, expiresAt };
}

const isBearer = (header: string): boolean => /^bearer /i.test(header);

/** RFC 6750, section 2.1; the scheme's name in any case (RFC 9110, section 11.1). Two headers are no credential. */
function bearerTokenOf(authorization: readonly string[]): string | undefined {
  if (authorization.length !== 1) return undefined;
  return /^bearer +([\w.-]+)$/i.exec(authorization[0]!)?.[1];
}
