import { machineClock } from "./clock.js";
import { memoryStore, type KeptTokens, type TokenStore } from "./token-store.js";

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
  /** Called once for each session that is over without a call of `signOut`. */
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
  /** Starts with the tokens of a sign-in, or with a stored refresh token and `{ accessToken: "", expiresIn: 0 }`. */
  readonly signIn: (tokens: Tokens) => void;
  /** Forgets the tokens. The server ends the session by the mutation `logout`, which must be sent before. */
  readonly signOut: () => void;
  readonly isSignedIn: () => boolean;
  /**
   * Returns an access token that is good and not the rejected one; undefined if nobody is signed in.
   *
   * @throws the error of `fetch` if the access token has ended and can't be refreshed.
   */
  readonly token: (rejected?: string) => Promise<string | undefined>;
  /** The `fetch` for a GraphQL client. It signs each request, and sends it again if its token was rejected. */
  readonly fetch: typeof globalThis.fetch;
  /** Stops listening to other tabs. */
  readonly close: () => void;
};

// A token is refreshed this long before its end, or a tenth of its life before, so that a slow request arrives in time.
const aheadMilliseconds = 10_000;
// A request that hangs would keep all tabs from refreshing.
const timeoutMilliseconds = 30_000;

const query = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

/**
 * Keeps a session alive: signs requests, refreshes once for all requests that wait, and reports once when the session is
 * over.
 */
export function createSession(options: SessionOptions): Session {
  const kept = new KeptSession(options);
  return {
    url: options.url,
    signIn: (tokens) => kept.signIn(tokens),
    signOut: () => kept.signOut(),
    isSignedIn: () => kept.current() !== undefined,
    token: (rejected) => kept.tokenOf(kept.current(), rejected),
    fetch: (...request) => kept.send(...request),
    close: () => kept.close(),
  };
}

class KeptSession {
  private readonly store: TokenStore;
  private readonly fetch: typeof globalThis.fetch;
  private readonly now: () => number;
  /** The id of the sign-in that the application knows of. */
  private known: string | undefined;
  private refreshing: { readonly id: string; readonly done: Promise<void> } | undefined;
  private readonly stopWatching: (() => void) | undefined;

  constructor(private readonly options: SessionOptions) {
    this.store = options.store ?? memoryStore();
    const { fetch } = options;
    // Never called as a method, which the browser's own does not allow.
    this.fetch = (...request) => (fetch === undefined ? globalThis.fetch(...request) : fetch(...request));
    this.now = options.now ?? machineClock;
    this.known = this.store.read()?.id;
    this.stopWatching = this.store.watch?.(() => this.follow(this.store.read()?.id));
  }

  signIn(tokens: Tokens): void {
    this.known = newId();
    this.keep(this.known, tokens);
  }

  signOut(): void {
    this.known = undefined;
    this.store.write(undefined);
  }

  close(): void {
    this.stopWatching?.();
  }

  /** Returns the tokens of the sign-in that the application knows of: nothing of it is sent as somebody else. */
  current(): KeptTokens | undefined {
    const kept = this.store.read();
    if (kept?.id === this.known) return kept;
    this.follow(kept?.id);
    return undefined;
  }

  /** Returns an access token of one sign-in: a request that waits for one user is never sent as the next user. */
  async tokenOf(mine: KeptTokens | undefined, rejected?: string): Promise<string | undefined> {
    if (mine === undefined) return undefined;
    const kept = this.store.read();
    if (kept?.id !== mine.id) return undefined;
    const isRejected = kept.accessToken === rejected;
    if (isRejected || this.now() >= kept.renewAt)
      await this.refresh(kept).catch((error: unknown) => {
        // Before its end, the old token will do.
        if (isRejected || this.now() >= kept.endsAt) throw error;
      });
    return this.isCurrent(mine) ? this.store.read()?.accessToken : undefined;
  }

  async send(to: string | URL | Request, init?: RequestInit): Promise<Response> {
    const mine = this.current();
    const once = async (token: string | undefined) => {
      const headers = new Headers(init?.headers ?? (to instanceof Request ? to.headers : undefined));
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      // A request's body can be sent only once.
      return this.fetch(to instanceof Request ? to.clone() : to, { ...init, headers });
    };
    const token = await this.tokenOf(mine);
    const response = await once(token);
    if (response.status !== 401 || mine === undefined || token === undefined || !this.isCurrent(mine)) return response;
    const newer = await this.tokenOf(mine, token);
    return newer === undefined ? response : once(newer);
  }

  private isCurrent({ id }: KeptTokens): boolean {
    return this.store.read()?.id === id;
  }

  // Times are counted from now on: the server says for how long, and its clock is never compared with ours.
  private keep(id: string, { accessToken, refreshToken, expiresIn }: Tokens): void {
    const lifetime = expiresIn * 1000;
    const endsAt = this.now() + lifetime;
    const renewAt = endsAt - Math.min(aheadMilliseconds, lifetime / 10);
    this.store.write({ id, accessToken, refreshToken, renewAt, endsAt });
  }

  private refresh(old: KeptTokens): Promise<void> {
    if (this.refreshing?.id !== old.id) {
      const work = () => this.exchange(old);
      const mine = { id: old.id, done: this.store.exclusively?.(work) ?? work() };
      this.refreshing = mine;
      const forget = () => {
        if (this.refreshing === mine) this.refreshing = undefined;
      };
      mine.done.then(forget, forget);
    }
    return this.refreshing.done;
  }

  /** Exchanges the tokens for new ones. The old ones are kept until those are there, so a lost answer signs nobody out. */
  private async exchange(old: KeptTokens): Promise<void> {
    const kept = this.store.read();
    // Another tab was faster, or the session is over.
    if (kept?.id !== old.id || kept.accessToken !== old.accessToken) return;
    const response = await this.fetch(this.options.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
      body: JSON.stringify({ query, variables: { refreshToken: kept.refreshToken } }),
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const { data, errors } = JSON.parse(await response.text()) as RefreshAnswer;
    if (!this.isCurrent(old)) return;
    if (data?.refreshSession) return this.keep(old.id, data.refreshSession);
    const { code, reason } = errors?.[0]?.extensions ?? {};
    if (code !== "INVALID_REFRESH_TOKEN") throw new Error(errors?.[0]?.message ?? "The session was not refreshed");
    this.store.write(undefined);
    this.end(reason ?? "UNKNOWN");
  }

  private end(reason: EndReason): void {
    if (this.known === undefined) return;
    this.known = undefined;
    this.options.onSignedOut?.(reason);
  }

  /** Follows another tab that signed out or in. */
  private follow(id: string | undefined): void {
    if (id === this.known) return;
    this.end("ELSEWHERE");
    this.known = id;
  }
}

type RefreshAnswer = {
  readonly data?: { readonly refreshSession?: Tokens | null } | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly reason?: EndReason };
  }[];
};

/** Returns an id that tells sign-ins apart, across all tabs. It is not a secret. */
const newId = (): string => `${machineClock().toString(36)}-${Math.random().toString(36).slice(2)}`;
