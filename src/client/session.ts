import { KeptSession } from "./kept-session.js";
import type { TokenStore } from "./token-store.js";

/** The part of the payload of `login`, `register` and `refreshSession` that must be selected. */
export type Tokens = { readonly accessToken: string; readonly refreshToken: string; readonly expiresIn: number };

/**
 * The reason why a session is over: the `reason` of a refresh that the server rejected (`EXPIRED`, `SESSION_REVOKED`,
 * `REUSED`, `UNKNOWN`), or `ELSEWHERE` if another tab signed out or in.
 */
export type EndReason = "EXPIRED" | "SESSION_REVOKED" | "REUSED" | "UNKNOWN" | "ELSEWHERE";

export type SessionOptions = {
  /** The GraphQL endpoint. */
  readonly url: string;
  /**
   * Called once for each session that is over without a call of `signOut`, after its requests were answered. Caches may be
   * cleared here.
   */
  readonly onSignedOut?: (reason: EndReason) => void;
  /** The store of the tokens; memory by default. */
  readonly store?: TokenStore;
  readonly fetch?: typeof globalThis.fetch;
  /** The clock of the client's machine, in milliseconds. It is compared only with itself. */
  readonly now?: () => number;
};

/** A session as a client keeps it. */
export type Session = {
  readonly url: string;
  /** Resolves when the store was read. Nobody is signed in before, if the store's `read` returns a promise. */
  readonly ready: Promise<void>;
  /**
   * Starts with the tokens of a sign-in, or with a stored refresh token and `{ accessToken: "", expiresIn: 0 }`. The user is
   * signed in at once. The promise resolves when the tokens are stored.
   */
  readonly signIn: (tokens: Tokens) => Promise<void>;
  /** Forgets the tokens. The server ends the session by the mutation `logout`, which must be sent before. */
  readonly signOut: () => Promise<void>;
  readonly isSignedIn: () => boolean;
  /**
   * Returns an access token that is good and not the rejected one; undefined if nobody is signed in.
   *
   * @throws the error of `fetch` if the access token has ended and can't be refreshed.
   */
  readonly token: (rejected?: string) => Promise<string | undefined>;
  /**
   * The `fetch` for a GraphQL client. It signs each request, and sends it again if its token was rejected. A query whose
   * session has ended is answered with `UNAUTHENTICATED`, and isn't sent without a token.
   */
  readonly fetch: typeof globalThis.fetch;
  /** Stops listening to other tabs. */
  readonly close: () => void;
};

/**
 * Keeps a session alive: signs requests, refreshes once for all requests that wait, and reports once when the session is
 * over.
 */
export function createSession(options: SessionOptions): Session {
  const kept = new KeptSession(options);
  return {
    url: options.url,
    ready: kept.ready,
    signIn: (tokens) => kept.signIn(tokens),
    signOut: () => kept.signOut(),
    isSignedIn: () => kept.current() !== undefined,
    token: (rejected) => kept.tokenOf(kept.current(), rejected),
    fetch: (...request) => kept.send(...request),
    close: () => kept.close(),
  };
}
