import type { KeptTokens, Session, TokenStore } from "postern/client";

/** The cookies of a request: SvelteKit's own, or Next's with a small adapter. */
export type Cookies = {
  readonly get: (name: string) => string | undefined;
  readonly set: (name: string, value: string, attributes: CookieAttributes) => void;
};
export type CookieAttributes = {
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: "lax";
  readonly path: string;
  /** In seconds. */
  readonly maxAge: number;
};

const cookie = "session";
/** The server's SESSION_MAX_AGE: the cookie may outlive its session, which the server ends. */
const longestSeconds = 90 * 24 * 60 * 60;
const longestBody = 1_000_000;

/** Stores the tokens of one request's session in a cookie that scripts can't read. */
export function cookieStore(cookies: Cookies): TokenStore {
  let kept = keptIn(cookies.get(cookie));
  return {
    read: () => kept,
    write(newer) {
      kept = newer;
      cookies.set(cookie, newer === undefined ? "" : JSON.stringify(newer), {
        httpOnly: true,
        secure: process.env["NODE_ENV"] === "production",
        sameSite: "lax",
        path: "/",
        maxAge: newer === undefined ? 0 : longestSeconds,
      });
    },
  };
}

/** Returns a `fetch` that names the browser's address, by which the server counts guesses of passwords. */
export function fetchFor(address: string): typeof fetch {
  return (to, init) => {
    const headers = new Headers(init?.headers);
    headers.set("x-forwarded-for", address);
    return fetch(to, { ...init, headers });
  };
}

/** Answers a browser's GraphQL request with the session of its cookie. */
export async function forward(request: Request, session: Session): Promise<Response> {
  // Pages of other sites can't send this type without asking first, and nobody allows them to.
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? ""))
    return new Response(null, { status: 415 });
  if (!(Number(request.headers.get("content-length") ?? NaN) <= longestBody))
    return new Response(null, { status: 413 });
  const answer = await session.fetch(session.url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: request.headers.get("accept") ?? "*/*" },
    body: await request.text(),
    signal: request.signal,
  });
  const headers = ["content-type", "cache-control", "www-authenticate", "retry-after"].flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
  return new Response(answer.body, { status: answer.status, headers });
}

/** Returns the tokens in a cookie; undefined if it has none, or something else. */
function keptIn(text = "null"): KeptTokens | undefined {
  try {
    const kept = JSON.parse(text) as KeptTokens | null;
    return typeof kept?.refreshToken === "string" ? kept : undefined;
  } catch {
    return undefined;
  }
}
