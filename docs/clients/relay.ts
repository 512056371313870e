import { Environment, Network, RecordSource, Store, type GraphQLResponse, type SubscribeFunction } from "relay-runtime";

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };
type Session = Tokens & { endsAt: number; refreshing?: Promise<void> };
type Testing = { fetch?: typeof globalThis.fetch; now?: () => number };
type Options = { url: string; onSignedOut: () => void; subscribe?: SubscribeFunction } & Testing;
const query = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

export function createEnvironment({ url, onSignedOut, subscribe, fetch = globalThis.fetch, now = Date.now }: Options) {
  let session: Session | undefined;
  // Seconds from now on, by the client's own clock, which may be hours off.
  const hold = (tokens: Tokens): Session => ({ ...tokens, endsAt: now() + tokens.expiresIn * 1000 });
  const post = (body: object, signed?: string) => {
    const headers = { "content-type": "application/json", ...(signed && { authorization: `Bearer ${signed}` }) };
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

  /** A token that is good and not the one that was refused; undefined where the session has ended. */
  async function token(refused = "", mine = session) {
    if (mine && mine === session && (mine.endsAt <= now() || mine.accessToken === refused))
      await (mine.refreshing ??= refresh(mine).finally(() => delete mine.refreshing));
    return mine === session ? mine?.accessToken : undefined;
  }
  async function send(body: object, mine = session, refused = ""): Promise<GraphQLResponse> {
    const signed = await token(refused, mine);
    const answer = await post(body, signed);
    if (signed && mine === session && answer.status === 401 && !refused) return send(body, mine, signed);
    return JSON.parse(await answer.text());
  }
  const network = Network.create(
    ({ text, name }, variables) => send({ query: text, operationName: name, variables }),
    subscribe,
  );
  const environment = new Environment({ network, store: new Store(new RecordSource()) });
  const signIn = (tokens: Tokens) => void (session = hold(tokens));
  return { environment, token, signIn, signOut: () => void (session = undefined) };
}
