import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";

type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };
type Options = { url: string; onSignedOut: () => void; fetch?: typeof globalThis.fetch; now?: () => number };
const mutation = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

export function createClient({ url, onSignedOut, fetch = globalThis.fetch, now = Date.now }: Options) {
  let session: (Tokens & { endsAt: number }) | undefined;
  // Seconds from now on, by the client's own clock, which may be hours off.
  const hold = (tokens: Tokens) => ({ ...tokens, endsAt: now() + tokens.expiresIn * 1000 });

  const auth = authExchange(async (utils) => ({
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
    async refreshAuth() {
      const mine = session;
      if (!mine || mine.endsAt > now()) return;
      const { data, error } = await utils.mutate(mutation, { refreshToken: mine.refreshToken });
      if (mine !== session) throw new Error("Signed out"); // Lest what waited be sent as the next user.
      if (data) return void Object.assign(mine, hold(data.refreshSession));
      if (error?.graphQLErrors[0]?.extensions["code"] !== "INVALID_REFRESH_TOKEN") throw error;
      session = undefined;
      onSignedOut();
    },
  }));
  const client = new Client({ url, fetch, exchanges: [cacheExchange, auth, fetchExchange] });
  const signIn = (tokens: Tokens) => void (session = hold(tokens));
  return { client, signIn, signOut: () => void (session = undefined) };
}
