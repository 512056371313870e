import { Environment, Network, RecordSource, Store, type GraphQLResponse } from "relay-runtime";

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };
type Session = Tokens & { endsAt: number; refreshing?: Promise<void> };
type Options = { url: string; onSignedOut: () => void; fetch?: typeof globalThis.fetch; now?: () => number };
const query = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

export function createEnvironment({ url, onSignedOut, fetch = globalThis.fetch, now = Date.now }: Options) {
  let session: Session | undefined;
  // Seconds from now on, by the client's own clock, which may be hours off.
  const hold = (tokens: Tokens): Session => ({ ...tokens, endsAt: now() + tokens.expiresIn * 1000 });
  const post = (body: object, token?: string) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    return fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  };

  async function refresh(mine: Session) {
    const answer = await post({ query, variables: { refreshToken: mine.refreshToken } });
    const { data, errors } = JSON.parse(await answer.text());
    if (data) return void Object.assign(mine, hold(data.refreshSession));
    if (errors[0].extensions.code !== "INVALID_REFRESH_TOKEN") throw new Error(errors[0].message);
    if (mine !== session) return;
    session = undefined;
    onSignedOut();
  }

  async function send(body: object, mine = session, refused = ""): Promise<GraphQLResponse> {
    if (mine && mine === session && (mine.endsAt <= now() || mine.accessToken === refused))
      await (mine.refreshing ??= refresh(mine).finally(() => delete mine.refreshing));
    const token = mine === session ? mine?.accessToken : undefined;
    const answer = await post(body, token);
    if (token && mine === session && answer.status === 401 && !refused) return send(body, mine, token);
    return JSON.parse(await answer.text());
  }
  const network = Network.create(({ text, name }, variables) => send({ query: text, operationName: name, variables }));
  const environment = new Environment({ network, store: new Store(new RecordSource()) });
  const signIn = (tokens: Tokens) => void (session = hold(tokens));
  return { environment, signIn, signOut: () => void (session = undefined) };
}
