import { randomUUID } from "node:crypto";

import jwt from "jsonwebtoken";
import { LRUCache } from "lru-cache";
import { z } from "zod";

import { longestAccessTokenTtlSeconds } from "../../foundation/config/setting-list.js";
import type { SignedIds } from "../../kit/auth.js";
import type { TokenRules } from "../../foundation/config/session-rules.js";
import type { SigningKey } from "../../foundation/config/signing-keys.js";

/** RFC 9068: keeps other JWTs signed with the same key (ID tokens, say) from passing as access tokens. */
const type = "at+jwt";

/** How far ahead of this host's clock the issuing host's may be. For `exp` there is no such slack. */
const clockSkewSeconds = 60;

/**
 * Signs an access token.
 *
 * `exp` is `iat` + its lifetime, or the session's end where that is sooner, in whole seconds as JWT libraries expect.
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

/** What a token says once its signature and claims are checked against an instant; the database is not asked. */
export type TokenReading =
  | { readonly state: "good"; readonly userId: string; readonly sessionId: string; readonly expiresAt: Date }
  | { readonly state: "expired"; readonly expiredAt: Date; readonly of: SignedIds }
  | { readonly state: "invalid" };

const invalid: TokenReading = { state: "invalid" };

const seconds = z.int().positive();

/**
 * Reads an access token at the instant `now`.
 *
 * `exp` is judged last, so that `expired` means: right in everything but its age. It is good at `exp` − 1 ms and
 * expired at `exp` (RFC 7519, section 4.1.4: "on or after"), moved by the clock tolerance if one is set.
 */
export function readAccessToken(token: string, rules: TokenRules, now: Date): TokenReading {
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

// Tokens whose signature was right: it is the costly part, and a client sends the same token for half an hour. It is
// taken for right only as long as the key is there that it was made with.
const verified = new LRUCache<string, Verified>({ max: 5000 });

/** What a token claims, where its form and its signature are right. */
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
      // Judged by the caller: the library compares whole seconds, checks exp before the rest, and lets a token without
      // it pass.
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
 * Whether the signature is written in its one spelling. The last character of base64url has bits that mean nothing, and
 * a decoder ignores them, so that several texts would be the same token.
 */
function isSpelledOnce(token: string): boolean {
  const signature = token.slice(token.lastIndexOf(".") + 1);
  return Buffer.from(signature, "base64url").toString("base64url") === signature;
}

// All that this server looks at. Each is required, but for nbf, which it never sets itself.
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

// No extension is known here, so a header that calls one critical is refused (RFC 7515, section 4.1.11).
const headerRules = z.object({
  alg: z.string(),
  typ: z.literal(type),
  kid: z.string(),
  crit: z.never().optional(),
});

/** The token's header where it is one of ours in form; its signature is not checked yet. */
function readHeader(token: string): z.output<typeof headerRules> | undefined {
  const [encoded = ""] = token.split(".", 1);
  const text = Buffer.from(encoded, "base64url").toString("utf8");
  try {
    const header: unknown = JSON.parse(text);
    // Written back it must be the same: of a member that stands twice, two readers may take two different ones.
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
