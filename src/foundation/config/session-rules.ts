import type { Keyring } from "./signing-keys.js";

/** What decides how access tokens are made and read. */
export type TokenRules = {
  readonly keys: Keyring;
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenTtlSeconds: number;
  readonly clockToleranceSeconds: number;
};

/** What decides how long sessions and their tokens live. */
export type SessionRules = TokenRules & {
  readonly refreshTokenTtlSeconds: number;
  readonly sessionMaxAgeSeconds: number;
  /** How many live sessions a user may have. */
  readonly sessionsOfUser: number;
  /** How long after its first use a refresh token is still answered. */
  readonly refreshGraceSeconds: number;
};
