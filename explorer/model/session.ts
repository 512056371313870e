import { problemIn, refusalIn, type Refusal } from "./refusal.js";

/** The signed-in user and their tokens. Instants are in milliseconds since 1970, by the server's clock. */
export type SignedIn = {
  readonly name: string;
  readonly email: string;
  readonly accessToken: string;
  /** When the access token was issued, and when it expires. */
  readonly givenAt: number;
  readonly expiresAt: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: number;
};

/** An answer, and the refusal of the first token if the request was sent again with a renewed one. */
export type Sent = { readonly response: Response; readonly refusedBefore: Refusal | undefined };

export type Session = {
  readonly current: () => SignedIn | undefined;
  /** Why the session was ended from elsewhere, until somebody signs in. */
  readonly ended: () => Refusal | undefined;
  /** The server's time, estimated from its answers. */
  readonly serverNow: () => number;
  /** Whether an expired token is renewed and the request sent again. */
  renewsByItself: boolean;
  /** Records a refusal. If it says that the token's session has ended, the session is forgotten. */
  readonly noteRefusal: (refusal: Refusal, token: string | undefined) => void;
  /** Sends a GraphQL request with the session's token. */
  readonly send: (init: RequestInit) => Promise<Sent>;
  /** Sends one operation and returns its data. @throws Error with the message for the user. */
  readonly ask: <Data>(query: string, variables?: object) => Promise<Data>;
  /** Opens a session by `login` or `register`. @throws Error as above. */
  readonly open: (field: "login" | "register", input: object) => Promise<void>;
  /**
   * Gets a newer token. Callers at the same time share one request. Sends none if `refused` is no longer the current
   * token.
   *
   * @returns whether there is a valid session afterwards.
   */
  readonly renew: (refused?: string) => Promise<boolean>;
  /** Exchanges the token for one that expires in a few seconds. @throws Error as above. */
  readonly letExpire: () => Promise<void>;
  readonly signOut: () => Promise<void>;
  /** Calls back after each change, until the returned function is called. */
  readonly onChange: (listener: () => void) => () => void;
};

const accept = "application/graphql-response+json, application/json;q=0.9";
/** In milliseconds. An estimate that falls by more than this means a clock was moved, not that an answer was slow. */
const mostDelay = 250;
const tokens = "accessToken expiresAt refreshToken refreshExpiresAt serverTime user { name email }";

/** The payload of `login`, `register` and `refreshSession`. */
type Payload = {
  readonly accessToken: string;
  readonly expiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
  readonly serverTime: string;
  readonly user: { readonly name: string; readonly email: string };
};
type Renewed = {
  readonly data: { readonly refreshSession: Payload };
  readonly errors?: readonly { readonly extensions: { readonly code: string; readonly reason?: string } }[];
};

async function dataOf<Data>(response: Response): Promise<Data> {
  const answer = (await response.json()) as { data: Data };
  const problem = problemIn(answer);
  if (problem !== undefined) throw new Error(problem);
  return answer.data;
}

/** Makes a session, which is held in memory only. */
export function makeSession(parts: {
  readonly endpoint: string;
  readonly expireAt: string;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}): Session {
  const { endpoint, now } = parts;
  let current: SignedIn | undefined;
  let ended: Refusal | undefined;
  let offset: number | undefined;
  let refreshing: Promise<boolean> | undefined;
  /** A sign-in in progress. Requests wait for it: a user who presses Run right after it expects to be signed in. */
  let opening: Promise<unknown> | undefined;
  const listeners = new Set<() => void>();
  const change = (to: SignedIn | undefined, why?: Refusal) => {
    current = to;
    ended = why;
    for (const listener of listeners) listener();
  };
  // An answer arrives after the instant that it names: the highest estimate is the closest, unless a clock was moved.
  const hear = (serverTime: string | undefined) => {
    if (serverTime === undefined) return;
    const heard = Date.parse(serverTime) - now();
    if (offset === undefined || heard > offset || offset - heard > mostDelay) offset = heard;
  };
  const serverNow = () => now() + (offset ?? 0);

  const fetchWith = (init: RequestInit, token: string | undefined) => {
    const headers = new Headers(init.headers);
    headers.set("content-type", "application/json");
    if (!headers.has("accept")) headers.set("accept", accept);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    return parts.fetch(endpoint, { ...init, method: "POST", headers });
  };
  const noteRefusal = (refusal: Refusal, token: string | undefined) => {
    hear(refusal.serverTime);
    const isOver = refusal.reason === "SESSION_REVOKED" || refusal.reason === "USER_GONE";
    if (isOver && token !== undefined && token === current?.accessToken) change(undefined, refusal);
  };
  const judge = async (response: Response, token: string | undefined): Promise<Refusal | undefined> => {
    if (!/json/.test(response.headers.get("content-type") ?? "")) return undefined;
    const refusal = refusalIn(await response.clone().json());
    if (refusal !== undefined) noteRefusal(refusal, token);
    return refusal;
  };
  const send = async (init: RequestInit): Promise<Sent> => {
    await opening?.catch(() => {});
    const token = current?.accessToken;
    const response = await fetchWith(init, token);
    const refusal = await judge(response, token);
    if (refusal?.reason !== "TOKEN_EXPIRED" || !session.renewsByItself || !(await renew(token)))
      return { response, refusedBefore: undefined };
    const again = await fetchWith(init, current?.accessToken);
    await judge(again, current?.accessToken);
    return { response: again, refusedBefore: refusal };
  };
  const adopt = (payload: Payload) => {
    hear(payload.serverTime);
    change({
      ...payload.user,
      accessToken: payload.accessToken,
      givenAt: Date.parse(payload.serverTime),
      expiresAt: Date.parse(payload.expiresAt),
      refreshToken: payload.refreshToken,
      refreshExpiresAt: Date.parse(payload.refreshExpiresAt),
    });
  };
  const refresh = async (held: SignedIn): Promise<boolean> => {
    const query = `mutation Renew($input: RefreshSessionInput!) { refreshSession(input: $input) { ${tokens} } }`;
    const body = JSON.stringify({ query, variables: { input: { refreshToken: held.refreshToken } } });
    const answer = (await (await fetchWith({ body }, undefined)).json()) as Renewed;
    // The user has signed out, or in as somebody else, meanwhile: drop the answer.
    if (current?.refreshToken !== held.refreshToken) return current !== undefined;
    const { extensions } = answer.errors?.[0] ?? {};
    if (extensions?.code === "INVALID_REFRESH_TOKEN") change(undefined, { reason: extensions.reason! });
    else if (answer.errors !== undefined) throw new Error(problemIn(answer));
    else adopt(answer.data.refreshSession);
    return current !== undefined;
  };
  const renew = async (refused?: string): Promise<boolean> => {
    if (current === undefined || (refused !== undefined && refused !== current.accessToken))
      return current !== undefined;
    refreshing ??= refresh(current).finally(() => (refreshing = undefined));
    return refreshing;
  };

  const session: Session = {
    current: () => current,
    ended: () => ended,
    serverNow,
    renewsByItself: false,
    noteRefusal,
    send,
    renew,
    ask: async <Data>(query: string, variables = {}) =>
      dataOf<Data>((await send({ body: JSON.stringify({ query, variables }) })).response),
    open(field, input) {
      const type = field === "login" ? "LoginInput" : "RegisterInput";
      const query = `mutation Open($input: ${type}!) { ${field}(input: $input) { ${tokens} } }`;
      const work = fetchWith({ body: JSON.stringify({ query, variables: { input } }) }, undefined)
        .then((response) => dataOf<Record<typeof field, Payload>>(response))
        .then((data) => adopt(data[field]))
        .finally(() => (opening = undefined));
      opening = work;
      return work;
    },
    async letExpire() {
      const token = current?.accessToken;
      const headers = { authorization: `Bearer ${token}` };
      const response = await parts.fetch(parts.expireAt, { method: "POST", headers });
      await judge(response, token);
      const short = (await response.json()) as { accessToken: string; expiresAt: string; serverTime: string };
      const problem = problemIn(short);
      if (problem !== undefined) throw new Error(problem);
      hear(short.serverTime);
      const { accessToken, expiresAt, serverTime } = short;
      // A renewal or sign-out that happened meanwhile wins.
      if (current === undefined || current.accessToken !== token) return;
      change({ ...current, accessToken, expiresAt: Date.parse(expiresAt), givenAt: Date.parse(serverTime) });
    },
    async signOut() {
      const refreshToken = current?.refreshToken;
      change(undefined);
      const query = "mutation SignOut($input: LogoutInput) { logout(input: $input) { endedSessions } }";
      await dataOf(
        await fetchWith({ body: JSON.stringify({ query, variables: { input: { refreshToken } } }) }, undefined),
      );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return session;
}
