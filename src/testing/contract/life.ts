import { MessageType } from "graphql-ws";

import { parse } from "../forge.js";
import { follow } from "./credentials.js";
import { forbidden, type Client, type Deployment } from "./deployment.js";
import { bearer, dataOf, expectSame, logOut, refresh, withSession, withSocket, type Opened } from "./session.js";

const me = "{ me { id } }";
const longestLifeSeconds = 24 * 60 * 60;

const reasonIn = (error: { readonly extensions: { readonly [name: string]: unknown } } | undefined) =>
  error?.extensions["reason"];

/** Checks that the announced expiry is the token's own, by which servers verify it. */
function expectItsOwnEnd(of: string, session: Opened): void {
  const { header, payload } = parse(session.accessToken);
  const { iat, exp, sub, sid } = payload as { iat: number; exp: number; sub: unknown; sid: unknown };
  const [begun, ends] = [Date.parse(session.serverTime), Date.parse(session.expiresAt)];
  expectSame(`${of}: expiresAt and the token's exp`, session.expiresAt, new Date(exp * 1000).toISOString());
  expectSame(`${of}: expiresIn`, session.expiresIn, Math.floor((ends - begun) / 1000));
  expectSame(`${of}: the token's iat`, iat, Math.floor(begun / 1000));
  expectSame(
    `${of}: a life of at most a day, and it is ${exp - iat} s`,
    exp > iat && exp - iat <= longestLifeSeconds,
    true,
  );
  expectSame(`${of}: the token ends no later than its session`, ends <= Date.parse(session.refreshExpiresAt), true);
  expectSame(`${of}: tokenType`, session.tokenType, "Bearer");
  expectSame(`${of}: the token's typ`, header["typ"], "at+jwt");
  expectSame(`${of}: the token's sub`, sub, session.user.id);
  const current = session.user.sessions.filter((one) => one.current).map(({ id }) => id);
  expectSame(`${of}: the token's sid, as the current session`, current, [sid]);
}

const sessionOf = ({ accessToken }: Opened) => parse(accessToken).payload["sid"];

async function expectRefreshes(client: Client, session: Opened): Promise<void> {
  const next: Opened = dataOf("refreshSession", await refresh(client, session.refreshToken)).refreshSession;
  expectItsOwnEnd("refreshSession", next);
  expectSame("the session of the next pair", sessionOf(next), sessionOf(session));
  expectSame(
    "the next pair is another",
    [next.accessToken, next.refreshToken].map((token) => [session.accessToken, session.refreshToken].includes(token)),
    [false, false],
  );
  for (const pair of [session, next])
    dataOf("me, by either access token", await client.post({ query: me, authorization: bearer(pair) }));
  // Like a client that never received the answer.
  const again: Opened = dataOf("the same once more", await refresh(client, session.refreshToken)).refreshSession;
  expectSame("the newest refresh token for who asks once more", again.refreshToken, next.refreshToken);
}

async function expectEnded(client: Client, session: Opened): Promise<void> {
  expectSame("how many sessions a logout ends", await logOut(client, session.refreshToken), 1);
  expectSame("how many the same ends once more", await logOut(client, session.refreshToken), 0);
  const asked = await client.post({ query: me, authorization: bearer(session) });
  expectSame("why its access token is refused", reasonIn(asked.body.errors?.[0]), "SESSION_REVOKED");
  const refreshed = await refresh(client, session.refreshToken);
  const { code, reason }: { code?: unknown; reason?: unknown } = refreshed.body.errors?.[0]?.extensions ?? {};
  const revoked = { code: "INVALID_REFRESH_TOKEN", reason: "SESSION_REVOKED" };
  expectSame("why its refresh token is refused", { code, reason }, revoked);
}

async function expectRenewed(client: Client, session: Opened): Promise<void> {
  await withSocket(client, session, async (socket, { expiresAt }) => {
    expectSame("when a socket says that it ends", expiresAt, session.expiresAt);
    const next: Opened = dataOf("refreshSession", await refresh(client, session.refreshToken)).refreshSession;
    socket.send({ type: MessageType.Ping, payload: { authorization: bearer(next) } });
    const { type, payload } = (await socket.next()) ?? {};
    expectSame("the answer to a newer token", [type, payload?.expiresAt], [MessageType.Pong, next.expiresAt]);
  });
}

async function expectCut(client: Client, session: Opened): Promise<void> {
  const nextEvent = await client.stream({ query: follow, authorization: bearer(session) });
  await withSocket(client, session, async (socket) => {
    socket.send({ type: MessageType.Subscribe, id: "1", payload: { query: follow } });
    const ready = { data: { postEvents: { kind: "READY" } } };
    expectSame("what a socket begins with", (await socket.next())?.payload, ready);
    expectSame("what a stream begins with", await nextEvent(), { event: "next", data: ready });

    expectSame("how many sessions a logout ends", await logOut(client, session.refreshToken), 1);
    expectSame("the end of a socket", await lastOfSocket(socket), {
      reason: "SESSION_REVOKED",
      closed: { code: forbidden, reason: "SESSION_REVOKED" },
    });
    // With "complete", a client would expect no more events.
    const last = await lastOf(nextEvent);
    expectSame("the end of a stream", [last?.event, reasonIn(last?.data?.errors?.[0])], ["next", "SESSION_REVOKED"]);
  });
}

/** Returns the last event, whatever happens to posts meanwhile. */
async function lastOf<Item>(next: () => Promise<Item | undefined>): Promise<Item | undefined> {
  let last: Item | undefined;
  for (let item = await next(); item !== undefined; item = await next()) last = item;
  return last;
}

async function lastOfSocket({ next, closed }: Parameters<Parameters<typeof withSocket>[2]>[0]) {
  const last = await lastOf(next);
  return { reason: reasonIn(last?.payload?.errors?.[0]), closed: await closed };
}

/** Checks the beginning, the renewal and the end of a session. */
export function lifeChecks(deployment: Deployment) {
  const checks: Readonly<Record<string, (client: Client, session: Opened) => void | Promise<void>>> = {
    "a login says when its token ends, and the token says the same": (_, session) => expectItsOwnEnd("login", session),
    "a refresh gives the next pair of the same session, once more to who asks again": expectRefreshes,
    "a logout ends the session for both of its tokens": expectEnded,
    "an open socket says when it ends, and takes a newer token": expectRenewed,
    "a socket and a stream that are open end with their session": expectCut,
  };
  return Object.entries(checks).map(([name, check]) => ({
    name,
    run: (client: Client) => withSession(client, deployment, async (session) => check(client, session)),
  }));
}
