import type { Keyring } from "./signing-keys.js";

/** The rules by which access tokens are issued and verified. */
export type TokenRules = {
  readonly keys: Keyring;
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenTtlSeconds: number;
  readonly clockToleranceSeconds: number;
};

/** The lifetimes of sessions and their tokens. */
export type SessionRules = TokenRules & {
  readonly refreshTokenTtlSeconds: number;
  readonly sessionMaxAgeSeconds: number;
  /** The largest number of live sessions of a user. */
  readonly sessionsOfUser: number;
  /** How long after its first use a refresh token is still accepted. */
  readonly refreshGraceSeconds: number;
};
