import { generateKeyPairSync } from "node:crypto";

import jwt from "jsonwebtoken";

import type { TestAccount as Account } from "../../src/testing/account.js";
import { testSecret } from "../../src/testing/test-server.js";
import type { Api } from "./api.js";
import { encode, parse, sign, signText } from "../../src/testing/forge.js";
import { rows } from "./rows.js";

export type Reason = "TOKEN_MISSING" | "TOKEN_INVALID" | "TOKEN_EXPIRED" | "USER_GONE" | "SESSION_REVOKED";
export type Situation = { api: Api; account: Account; other: Account };
/** A caller's credential: what it sends, and the reason of the refusal; `undefined` if it is accepted. */
export type State = {
  readonly of: string;
  readonly reason: Reason | undefined;
  /** Returns the Authorization headers. May move the clock or change the database first. */
  readonly authorization: (situation: Situation) => string[] | Promise<string[]>;
};

/** Signs a token like the account's with changed claims; `undefined` removes a claim. */
function forged(
  { account }: Situation,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  secret = testSecret,
): string[] {
  const good = parse(account.token);
  const token = { header: { ...good.header, ...header }, payload: { ...good.payload, ...claims } };
  return [`Bearer ${sign(token, secret)}`];
}

const secondsNow = ({ api }: Situation) => Math.floor(api.clock().getTime() / 1000);
const execute = ({ api }: Situation, sql: string, values: (string | number)[]) =>
  rows(api.server.database, sql, values);

const atItsAge = (of: string, milliseconds: number, reason: Reason | undefined): State => ({
  of,
  reason,
  authorization: ({ api, account }) => {
    api.clock.set(new Date(account.expiresAt.getTime() + milliseconds));
    return [`Bearer ${account.token}`];
  },
});

const claims = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"] as const;
const ofAnotherType = { iss: 1, aud: ["postern"], sub: 1, sid: {}, iat: "1", exp: "9999999999", jti: null } as const;

// Made once, since finding primes takes a second.
let rsa: ReturnType<typeof makeRsa> | undefined;
const makeRsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const rsaPair = () => (rsa ??= makeRsa());

/** All kinds of valid and invalid credentials, each with the reason that the caller receives. */
export const tokenStates: State[] = [
  { of: "no header", reason: "TOKEN_MISSING", authorization: () => [] },
  { of: "a good token", reason: undefined, authorization: ({ account }) => [`Bearer ${account.token}`] },
  {
    of: "a good token after bearer in lower case",
    reason: undefined,
    authorization: ({ account }) => [`bearer ${account.token}`],
  },
  { of: "the same token put together by hand", reason: undefined, authorization: (s) => forged(s) },
  { of: "a token with a claim of somebody's own", reason: undefined, authorization: (s) => forged(s, { mine: true }) },

  atItsAge("a token 1 ms before exp", -1, undefined),
  atItsAge("a token at exp", 0, "TOKEN_EXPIRED"),
  atItsAge("a token 1 ms after exp", 1, "TOKEN_EXPIRED"),

  { of: "an empty header", reason: "TOKEN_INVALID", authorization: () => [""] },
  { of: "a scheme without a token", reason: "TOKEN_INVALID", authorization: () => ["Bearer"] },
  { of: "a token without a scheme", reason: "TOKEN_INVALID", authorization: ({ account }) => [account.token] },
  { of: "another scheme", reason: "TOKEN_INVALID", authorization: ({ account }) => [`Basic ${account.token}`] },
  {
    of: "two headers",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [`Bearer ${account.token}`, `Bearer ${account.token}`],
  },
  {
    of: "two tokens in a header",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [`Bearer ${account.token}, Bearer ${account.token}`],
  },
  { of: "something that is no JWT", reason: "TOKEN_INVALID", authorization: () => ["Bearer token"] },
  { of: "three parts that are no JSON", reason: "TOKEN_INVALID", authorization: () => ["Bearer a.b.c"] },
  {
    of: "a token of text",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [
      `Bearer ${signText(JSON.stringify(parse(account.token).header), '"text"', testSecret)}`,
    ],
  },
  {
    of: "a token of null",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [
      `Bearer ${signText(JSON.stringify(parse(account.token).header), "null", testSecret)}`,
    ],
  },
  {
    of: "a header of null",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [
      `Bearer ${signText("null", JSON.stringify(parse(account.token).payload), testSecret)}`,
    ],
  },

  {
    of: "a signature of another key",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, {}, {}, "somebody else's secret of 32 bytes"),
  },
  {
    of: "a signature cut off",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [`Bearer ${account.token.replace(/[^.]*$/, "")}`],
  },
  {
    of: "a payload exchanged under its signature",
    reason: "TOKEN_INVALID",
    authorization: ({ account, other }) => {
      const [header, , signature] = account.token.split(".");
      return [`Bearer ${[header, other.token.split(".")[1], signature].join(".")}`];
    },
  },

  { of: "HS384 with the right secret", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: "HS384" }) },
  { of: "HS512 with the right secret", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: "HS512" }) },
  {
    of: "alg none",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => {
      const { header, payload } = parse(account.token);
      return [`Bearer ${encode(JSON.stringify({ ...header, alg: "none" }))}.${encode(JSON.stringify(payload))}.`];
    },
  },
  { of: "alg None under a signature", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: "None" }) },
  { of: "no alg", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: undefined }) },
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"] as const).map(
    (algorithm): State => ({
      of: `${algorithm} with a key of the caller's`,
      reason: "TOKEN_INVALID",
      authorization: ({ account }) => {
        const { header, payload } = parse(account.token);
        const { privateKey } = algorithm.startsWith("ES")
          ? generateKeyPairSync("ec", {
              namedCurve: { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[algorithm as string]!,
            })
          : rsaPair();
        return [`Bearer ${jwt.sign(payload, privateKey, { algorithm, header: { ...header, alg: algorithm } })}`];
      },
    }),
  ),

  { of: "no kid", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { kid: undefined }) },
  { of: "an unknown kid", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { kid: "0123456789abcdef" }) },
  { of: "a kid that is no text", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { kid: 1 }) },
  {
    of: "a kid that every object has",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, {}, { kid: "__proto__" }),
  },
  {
    of: "two kids, the right one last",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => {
      const { header, payload } = parse(account.token);
      const doubled = JSON.stringify(header).replace("{", '{"kid":"0123456789abcdef",');
      return [`Bearer ${signText(doubled, JSON.stringify(payload), testSecret)}`];
    },
  },
  { of: "no typ", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { typ: undefined }) },
  { of: "typ JWT", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { typ: "JWT" }) },
  { of: "an unknown crit", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { crit: ["exp"] }) },
  { of: "a crit that names nothing", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { crit: [] }) },

  ...claims.map((claim): State => ({
    of: `no ${claim}`,
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { [claim]: undefined }),
  })),
  ...claims.map((claim): State => ({
    of: `${claim} of another type`,
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { [claim]: ofAnotherType[claim] }),
  })),
  ...(["iss", "aud", "sub", "sid", "jti"] as const).map((claim): State => ({
    of: `an empty ${claim}`,
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { [claim]: "" }),
  })),
  { of: "another issuer", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { iss: "posterns" }) },
  { of: "another audience", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { aud: "Postern" }) },
  {
    of: "a user who never was",
    reason: "USER_GONE",
    authorization: (s) => forged(s, { sub: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
  },
  {
    of: "a session that never was",
    reason: "SESSION_REVOKED",
    authorization: (s) => forged(s, { sid: "session_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
  },
  {
    of: "somebody else's session",
    reason: "SESSION_REVOKED",
    authorization: (s) => forged(s, { sid: parse(s.other.token).payload["sid"] }),
  },
  {
    of: "operators instead of ids",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { sub: { $ne: "" }, sid: { $ne: "" } }),
  },

  {
    of: "exp in milliseconds",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { exp: s.account.expiresAt.getTime() }),
  },
  {
    of: "exp in parts of seconds",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { exp: secondsNow(s) + 60.5 }),
  },
  {
    of: "exp beyond every number",
    reason: "TOKEN_INVALID",
    authorization: (s) => {
      const { header, payload } = parse(s.account.token);
      const text = JSON.stringify({ ...payload, exp: 0 }).replace('"exp":0', '"exp":1e999');
      return [`Bearer ${signText(JSON.stringify(header), text, testSecret)}`];
    },
  },
  {
    of: "exp 24 h after iat",
    reason: undefined,
    authorization: (s) => forged(s, { iat: secondsNow(s), exp: secondsNow(s) + 86_400 }),
  },
  {
    of: "exp 24 h and 1 s after iat",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { iat: secondsNow(s), exp: secondsNow(s) + 86_401 }),
  },
  { of: "iat 60 s ahead", reason: undefined, authorization: (s) => forged(s, { iat: secondsNow(s) + 60 }) },
  { of: "iat 61 s ahead", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { iat: secondsNow(s) + 61 }) },
  { of: "nbf 60 s ahead", reason: undefined, authorization: (s) => forged(s, { nbf: secondsNow(s) + 60 }) },
  { of: "nbf 61 s ahead", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { nbf: secondsNow(s) + 61 }) },
  { of: "nbf of another type", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { nbf: "soon" }) },

  {
    of: "an expired token of another audience",
    reason: "TOKEN_INVALID",
    authorization: (s) => {
      s.api.clock.set(s.account.expiresAt);
      return forged(s, { aud: "another" });
    },
  },
  {
    of: "an expired token of another key",
    reason: "TOKEN_INVALID",
    authorization: (s) => {
      s.api.clock.set(s.account.expiresAt);
      return forged(s, {}, {}, "somebody else's secret of 32 bytes");
    },
  },
  {
    of: "an expired token of a deleted user",
    reason: "TOKEN_EXPIRED",
    authorization: async (s) => {
      s.api.clock.set(s.account.expiresAt);
      await execute(s, "delete from users where id = ?", [s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a deleted user",
    reason: "USER_GONE",
    authorization: async (s) => {
      await execute(s, "delete from users where id = ?", [s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a deleted session",
    reason: "SESSION_REVOKED",
    authorization: async (s) => {
      await execute(s, "delete from sessions where user_id = ?", [s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a session at its end",
    reason: "SESSION_REVOKED",
    authorization: async (s) => {
      await execute(s, "update sessions set expires_at = ? where user_id = ?", [s.api.clock().getTime(), s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a session 1 ms before its end",
    reason: undefined,
    authorization: async (s) => {
      await execute(s, "update sessions set expires_at = ? where user_id = ?", [
        s.api.clock().getTime() + 1,
        s.account.id,
      ]);
      return [`Bearer ${s.account.token}`];
    },
  },
];

/** Returns the error for an invalid credential, which is the same everywhere. */
export function refusal(reason: Reason, { api, account }: Situation) {
  return {
    message: "Could not validate credentials",
    extensions: {
      code: "UNAUTHENTICATED",
      reason,
      ...(reason === "TOKEN_EXPIRED" && { expiredAt: account.expiresAt.toISOString() }),
      serverTime: api.clock().toISOString(),
    },
  };
}
