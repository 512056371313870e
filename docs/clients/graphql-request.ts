import { GraphQLClient } from "graphql-request";

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };
type Session = Tokens & { endsAt: number; refreshing?: Promise<void> };
type Options = { url: string; onSignedOut: () => void; fetch?: typeof globalThis.fetch; now?: () => number };
const query = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

export function createClient({ url, onSignedOut, fetch = globalThis.fetch, now = Date.now }: Options) {
  let session: Session | undefined;
  // Seconds from now on, by the client's own clock, which may be hours off.
  const hold = (tokens: Tokens): Session => ({ ...tokens, endsAt: now() + tokens.expiresIn * 1000 });

  async function refresh(mine: Session) {
    const body = JSON.stringify({ query, variables: { refreshToken: mine.refreshToken } });
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { data, errors } = JSON.parse(await answer.text());
    if (data) return void Object.assign(mine, hold(data.refreshSession));
    if (errors[0].extensions.code !== "INVALID_REFRESH_TOKEN") throw new Error(errors[0].message);
    if (mine !== session) return;
    session = undefined;
    onSignedOut();
  }

  /** A token that is good and not the one that was refused; undefined where the session has ended. */
  async function token(refused = "", mine = session) {
    if (mine && mine === session && (mine.endsAt <= now() || mine.accessToken === refused))
      await (mine.refreshing ??= refresh(mine).finally(() => delete mine.refreshing));
    return mine === session ? mine?.accessToken : undefined;
  }
  async function send(to: string | URL | Request, init?: RequestInit, mine = session, refused = ""): Promise<Response> {
    const signed = await token(refused, mine);
    const headers = new Headers(init?.headers);
    if (signed) headers.set("authorization", `Bearer ${signed}`);
    const answer = await fetch(to, { ...init, headers });
    return signed && mine === session && answer.status === 401 && !refused ? send(to, init, mine, signed) : answer;
  }
  const client = new GraphQLClient(url, { fetch: send });
  const signIn = (tokens: Tokens) => void (session = hold(tokens));
  return { client, token, signIn, signOut: () => void (session = undefined) };
}
