import { cacheExchange, Client, fetchExchange, type Exchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };
type Session = Tokens & { endsAt: number; refreshing?: Promise<void> };
type Testing = { fetch?: typeof globalThis.fetch; now?: () => number };
type Options = { url: string; onSignedOut: () => void; exchanges?: Exchange[] } & Testing;
const mutation = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

export function createClient({ url, onSignedOut, exchanges = [], fetch = globalThis.fetch, now = Date.now }: Options) {
  let session: Session | undefined;
  let refresh: (mine: Session) => Promise<void>;
  // Seconds from now on, by the client's own clock, which may be hours off.
  const hold = (tokens: Tokens): Session => ({ ...tokens, endsAt: now() + tokens.expiresIn * 1000 });
  /** A token that is good and not the one that was refused; undefined where the session has ended. */
  async function token(refused = "", mine = session) {
    if (mine && mine === session && (mine.endsAt <= now() || mine.accessToken === refused))
      await (mine.refreshing ??= refresh(mine).finally(() => delete mine.refreshing));
    return mine === session ? mine?.accessToken : undefined;
  }

  const auth = authExchange(async (utils) => {
    refresh = async (mine) => {
      const { data, error } = await utils.mutate(mutation, { refreshToken: mine.refreshToken });
      if (mine !== session) throw new Error("Signed out"); // Lest what waited be sent as the next user.
      if (data) return void Object.assign(mine, hold(data.refreshSession));
      if (error?.graphQLErrors[0]?.extensions["code"] !== "INVALID_REFRESH_TOKEN") throw error;
      session = undefined;
      onSignedOut();
    };
    return {
      addAuthToOperation(operation) {
        const context = { ...operation.context, session, token: session?.accessToken };
        const bound = { ...operation, context };
        return session ? utils.appendHeaders(bound, { authorization: `Bearer ${session.accessToken}` }) : bound;
      },
      willAuthError: () => session !== undefined && session.endsAt <= now(),
      didAuthError(error, { context }) {
        if (!session || session !== context["session"] || error.response?.status !== 401) return false;
        if (session.accessToken === context["token"]) session.endsAt = 0; // Else it has been refreshed since.
        return true;
      },
      refreshAuth: async () => void (await token()),
    };
  });
  const client = new Client({ url, fetch, exchanges: [cacheExchange, ...exchanges, auth, fetchExchange] });
  const signIn = (tokens: Tokens) => void (session = hold(tokens));
  return { client, token, signIn, signOut: () => void (session = undefined) };
}
