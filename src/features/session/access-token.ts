import { randomUUID } from "node:crypto";

import jwt from "jsonwebtoken";
import { LRUCache } from "lru-cache";
import { z } from "zod";

import { longestAccessTokenTtlSeconds } from "../../foundation/config/setting-list.js";
import type { SignedIds } from "../../kit/auth.js";
import type { TokenRules } from "../../foundation/config/session-rules.js";
import type { SigningKey } from "../../foundation/config/signing-keys.js";

/** RFC 9068: other JWTs signed with the same key, such as ID tokens, are not accepted as access tokens. */
const type = "at+jwt";

/** The issuing host's clock may be this far ahead of this host's. `exp` has no such tolerance. */
const clockSkewSeconds = 60;

/**
 * Signs an access token.
 *
 * `exp` is `iat` + its lifetime, or the session's end if that is sooner, in whole seconds as JWT libraries expect.
 *
 * @returns the token and its `exp` as a date.
 */
export function signAccessToken(
  session: { readonly id: string; readonly userId: string; readonly expiresAt: Date },
  rules: TokenRules,
  now: Date,
): { accessToken: string; expiresAt: Date } {
  const iat = secondsOf(now);
  const exp = Math.min(iat + rules.accessTokenTtlSeconds, secondsOf(session.expiresAt));
  const { newest } = rules.keys;
  const accessToken = jwt.sign(
    {
      iss: rules.issuer,
      aud: rules.audience,
      sub: session.userId,
      sid: session.id,
      iat,
      exp,
      jti: randomUUID(),
    },
    newest.signWith,
    { algorithm: newest.algorithm, header: { alg: newest.algorithm, typ: type, kid: newest.id } },
  );
  return { accessToken, expiresAt: dateOf(exp) };
}

/** The result of verifying a token by its signature and claims at an instant, without the database. */
export type Verification =
  | { readonly state: "good"; readonly userId: string; readonly sessionId: string; readonly expiresAt: Date }
  | { readonly state: "expired"; readonly expiredAt: Date; readonly of: SignedIds }
  | { readonly state: "invalid" };

const invalid: Verification = { state: "invalid" };

const seconds = z.int().positive();

/**
 * Verifies an access token at the instant `now`.
 *
 * `exp` is checked last, so that `expired` means: valid except for its age. The token is good at `exp` − 1 ms and expired
 * at `exp` (RFC 7519, section 4.1.4: "on or after"), plus the clock tolerance if one is set.
 */
export function verifyAccessToken(token: string, rules: TokenRules, now: Date): Verification {
  const claims = claimsOf(token, rules);
  if (claims === undefined || claims.iss !== rules.issuer || claims.aud !== rules.audience) return invalid;
  const { iat, nbf, exp } = claims;
  const latestStart = now.getTime() + clockSkewSeconds * 1000;
  if (iat * 1000 > latestStart || (nbf !== undefined && nbf * 1000 > latestStart)) return invalid;
  if (exp - iat > longestAccessTokenTtlSeconds) return invalid;
  const ids = { userId: claims.sub, sessionId: claims.sid };
  if (now.getTime() >= (exp + rules.clockToleranceSeconds) * 1000)
    return { state: "expired", expiredAt: dateOf(exp), of: ids };
  return { state: "good", ...ids, expiresAt: dateOf(exp) };
}

type Claims = z.output<typeof claimRules>;
type Verified = { readonly keyId: string; readonly key: SigningKey; readonly claims: Claims };

// Tokens with a verified signature. Verifying is the costly part, and a client sends the same token for half an hour. An
// entry holds only as long as the signing key does.
const verified = new LRUCache<string, Verified>({ max: 5000 });

/** Returns the claims of a token; undefined if its form or its signature is wrong. */
function claimsOf(token: string, { keys }: TokenRules): Claims | undefined {
  const known = verified.get(token);
  if (known !== undefined && keys.byId.get(known.keyId) === known.key) return known.claims;

  if (!isSpelledOnce(token)) return undefined;
  const header = readHeader(token);
  const key = header === undefined ? undefined : keys.byId.get(header.kid);
  if (header === undefined || key === undefined || header.alg !== key.algorithm) return undefined;
  let payload: unknown;
  try {
    payload = jwt.verify(token, key.verifyWith, {
      algorithms: [key.algorithm],
      // Checked by the caller: the library compares whole seconds, checks exp before the rest, and accepts a token without
      // it.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    return undefined;
  }
  const claims = claimRules.safeParse(payload).data;
  if (claims !== undefined) verified.set(token, { keyId: header.kid, key, claims });
  return claims;
}

/**
 * Reports whether the signature has its canonical spelling. Some bits of the last base64url character mean nothing and
 * are ignored by decoders, so several texts would be the same token.
 */
function isSpelledOnce(token: string): boolean {
  const signature = token.slice(token.lastIndexOf(".") + 1);
  return Buffer.from(signature, "base64url").toString("base64url") === signature;
}

// The claims that this server checks. All are required except nbf, which it never sets itself.
const claimRules = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string().min(1),
  sid: z.string().min(1),
  jti: z.string().min(1),
  iat: seconds,
  nbf: seconds.optional(),
  exp: seconds,
});

// No extension is supported, so a header with a critical one is rejected (RFC 7515, section 4.1.11).
const headerRules = z.object({
  alg: z.string(),
  typ: z.literal(type),
  kid: z.string(),
  crit: z.never().optional(),
});

/** Returns the token's header, whose signature is not verified yet; undefined if its form is wrong. */
function readHeader(token: string): z.output<typeof headerRules> | undefined {
  const [encoded = ""] = token.split(".", 1);
  const text = Buffer.from(encoded, "base64url").toString("utf8");
  try {
    const header: unknown = JSON.parse(text);
    // It must be the same when written again: two parsers may disagree about a member that occurs twice.
    if (JSON.stringify(header) !== text) return undefined;
    return headerRules.safeParse(header).data;
  } catch {
    return undefined;
  }
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function dateOf(epochSeconds: number): Date {
  return new Date(epochSeconds * 1000);
}
