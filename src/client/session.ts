import { machineClock } from "./clock.js";
import { memoryStore, type KeptTokens, type TokenStore } from "./token-store.js";

/** What `login`, `register` and `refreshSession` answer, of which these have to be selected. */
export type Tokens = { readonly accessToken: string; readonly refreshToken: string; readonly expiresIn: number };

/**
 * Why a session is over: the `reason` of a refresh that the server refused (`EXPIRED`, `SESSION_REVOKED`, `REUSED`,
 * `UNKNOWN`), or `ELSEWHERE` where another tab signed out or in.
 */
export type EndReason = "EXPIRED" | "SESSION_REVOKED" | "REUSED" | "UNKNOWN" | "ELSEWHERE";

export type SessionOptions = {
  /** The GraphQL endpoint. */
  readonly url: string;
  /** Called once for each session that is over without `signOut` having been called here. */
  readonly onSignedOut?: (reason: EndReason) => void;
  /** Where the pair of tokens is kept; in memory, unless a storage is given. */
  readonly store?: TokenStore;
  readonly fetch?: typeof globalThis.fetch;
  /** The clock of the client's machine, in milliseconds. It is compared with itself alone. */
  readonly now?: () => number;
};

/** A session as a client keeps it. */
export type Session = {
  readonly url: string;
  /** Begins with the tokens of a sign-in; a refresh token that was kept does with `{ accessToken: "", expiresIn: 0 }`. */
  readonly signIn: (tokens: Tokens) => void;
  /** Forgets the tokens. The server ends the session by the mutation `logout`, to be sent before. */
  readonly signOut: () => void;
  readonly isSignedIn: () => boolean;
  /**
   * An access token that is good and not the one that was refused; undefined where nobody is signed in.
   *
   * @throws what `fetch` throws, where the one there is has ended and no other can be had.
   */
  readonly token: (refused?: string) => Promise<string | undefined>;
  /** `fetch` for a GraphQL client: signs each request, and sends it once more where its token was refused. */
  readonly fetch: typeof globalThis.fetch;
  /** Listens to other tabs no longer. */
  readonly close: () => void;
};

// Of a token's life, so much is left for what may be slow on the way; of a short one, a tenth.
const aheadMilliseconds = 10_000;
// A request that hangs would keep all tabs from refreshing.
const timeoutMilliseconds = 30_000;

const query = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

/** Keeps a session going: signs requests, refreshes once for all that wait, and tells once when it is over. */
export function createSession({
  url,
  onSignedOut = () => {},
  store = memoryStore(),
  fetch = (...request) => globalThis.fetch(...request),
  now = machineClock,
}: SessionOptions): Session {
  /** The sign-in that the application believes in. */
  let believed = store.read()?.id;
  let refreshing: { readonly id: string; readonly done: Promise<void> } | undefined;

  const isCurrent = ({ id }: KeptTokens) => store.read()?.id === id;
  // Both ends are counted from now on: the server says how long, and its clock is compared with no other.
  const hold = (id: string, { accessToken, refreshToken, expiresIn }: Tokens): void => {
    const lifetime = expiresIn * 1000;
    const endsAt = now() + lifetime;
    const renewAt = endsAt - Math.min(aheadMilliseconds, lifetime / 10);
    store.write({ id, accessToken, refreshToken, renewAt, endsAt });
  };

  /** Trades the pair for a new one. The old one is kept until that is there, so a lost answer signs nobody out. */
  const trade = async (old: KeptTokens): Promise<void> => {
    const kept = store.read();
    // Another tab was faster, or the session is over.
    if (kept?.id !== old.id || kept.accessToken !== old.accessToken) return;
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
      body: JSON.stringify({ query, variables: { refreshToken: kept.refreshToken } }),
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const { data, errors } = JSON.parse(await response.text()) as RefreshAnswer;
    if (!isCurrent(old)) return;
    if (data?.refreshSession) return hold(old.id, data.refreshSession);
    const { code, reason } = errors?.[0]?.extensions ?? {};
    if (code !== "INVALID_REFRESH_TOKEN") throw new Error(errors?.[0]?.message ?? "The session was not refreshed");
    store.write(undefined);
    noteEnd(reason ?? "UNKNOWN");
  };
  const refresh = (old: KeptTokens): Promise<void> => {
    if (refreshing?.id !== old.id) {
      const work = () => trade(old);
      const mine = { id: old.id, done: store.exclusively?.(work) ?? work() };
      refreshing = mine;
      const forget = () => {
        if (refreshing === mine) refreshing = undefined;
      };
      mine.done.then(forget, forget);
    }
    return refreshing.done;
  };
  const noteEnd = (reason: EndReason) => {
    if (believed === undefined) return;
    believed = undefined;
    onSignedOut(reason);
  };

  /** Goes along with what another tab did. */
  const follow = (id: string | undefined) => {
    if (id === believed) return;
    noteEnd("ELSEWHERE");
    believed = id;
  };
  /** The pair of the sign-in that the application believes in: nothing of it is sent as somebody else. */
  const current = (): KeptTokens | undefined => {
    const kept = store.read();
    if (kept?.id === believed) return kept;
    follow(kept?.id);
    return undefined;
  };

  /** An access token of one sign-in, as `token` gives it: what one user waits for is never sent as the next user. */
  const tokenOf = async (mine: KeptTokens | undefined, refused?: string): Promise<string | undefined> => {
    if (mine === undefined) return undefined;
    const kept = store.read();
    if (kept?.id !== mine.id) return undefined;
    const isRefused = kept.accessToken === refused;
    if (isRefused || now() >= kept.renewAt)
      await refresh(kept).catch((error: unknown) => {
        // Ahead of the end, the old one does.
        if (isRefused || now() >= kept.endsAt) throw error;
      });
    return isCurrent(mine) ? store.read()?.accessToken : undefined;
  };

  const send = async (to: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const mine = current();
    const once = async (signed: string | undefined) => {
      const headers = new Headers(init?.headers ?? (to instanceof Request ? to.headers : undefined));
      if (signed !== undefined) headers.set("authorization", `Bearer ${signed}`);
      // A request's body can be sent once.
      return fetch(to instanceof Request ? to.clone() : to, { ...init, headers });
    };
    const signed = await tokenOf(mine);
    const answer = await once(signed);
    if (answer.status !== 401 || mine === undefined || signed === undefined || !isCurrent(mine)) return answer;
    const newer = await tokenOf(mine, signed);
    return newer === undefined ? answer : once(newer);
  };

  const unwatch = store.watch?.(() => follow(store.read()?.id));
  return {
    url,
    signIn(tokens) {
      believed = newId();
      hold(believed, tokens);
    },
    signOut() {
      believed = undefined;
      store.write(undefined);
    },
    isSignedIn: () => current() !== undefined,
    token: (refused) => tokenOf(current(), refused),
    fetch: send,
    close: () => unwatch?.(),
  };
}

type RefreshAnswer = {
  readonly data?: { readonly refreshSession?: Tokens | null } | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly reason?: EndReason };
  }[];
};

/** Tells sign-ins apart, of all tabs; it is no secret. */
const newId = (): string => `${machineClock().toString(36)}-${Math.random().toString(36).slice(2)}`;
