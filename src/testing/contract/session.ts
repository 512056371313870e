import { AssertionError } from "node:assert";
import { isDeepStrictEqual } from "node:util";

import { MessageType } from "graphql-ws";

import type { Answer } from "../transport.js";
import { clientOf, type Client, type Deployment, type Json, type Socket } from "./deployment.js";

/** The payload of mutations that open or renew a session. */
export type Opened = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: string;
  readonly expiresAt: string;
  readonly expiresIn: number;
  readonly refreshExpiresAt: string;
  readonly serverTime: string;
  readonly user: {
    readonly id: string;
    readonly sessions: readonly { readonly id: string; readonly current: boolean }[];
  };
};

const opened = `accessToken refreshToken tokenType expiresAt expiresIn refreshExpiresAt serverTime
  user { id sessions { id current } }`;

export const bearer = ({ accessToken }: Pick<Opened, "accessToken">): string => `Bearer ${accessToken}`;

/** @throws AssertionError that names its subject. */
export function expectSame(of: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const message = `${of}: expected ${JSON.stringify(expected)}, and got ${JSON.stringify(actual)}`;
  throw new AssertionError({ message, actual, expected });
}

/** @throws AssertionError if it has errors or no data. */
export function dataOf(of: string, { status, text, body }: Answer): Json {
  if (status === 200 && body.errors === undefined && body.data != null) return body.data;
  throw new AssertionError({ message: `${of}: expected data, and got ${status} ${text}` });
}

export const logIn = (client: Client, { email, password }: Pick<Deployment, "email" | "password">): Promise<Answer> =>
  client.post({
    query: `mutation ($input: LoginInput!) { login(input: $input) { ${opened} } }`,
    variables: { input: { email, password } },
  });

export const refresh = (client: Client, refreshToken: string): Promise<Answer> =>
  client.post({
    query: `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${opened} } }`,
    variables: { input: { refreshToken } },
  });

/** Ends the session of a refresh token, used or not, and returns the number of ended sessions. */
export async function logOut(client: Client, refreshToken: string): Promise<number> {
  const query = "mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }";
  const answer = await client.post({ query, variables: { input: { refreshToken } } });
  return dataOf("logout", answer).logout.endedSessions;
}

/** Opens a session for `work`, and ends it even if `work` fails. */
export async function withSession(
  client: Client,
  deployment: Deployment,
  work: (session: Opened) => Promise<void>,
): Promise<void> {
  const session: Opened = dataOf("login", await logIn(client, deployment)).login;
  try {
    await work(session);
  } finally {
    // Even if `work` has taken too long.
    await logOut(clientOf(deployment), session.refreshToken);
  }
}

/** Opens a socket with a credential, passes its first message to `work`, and closes it even if `work` fails. */
export async function withSocket(
  client: Client,
  session: Opened,
  work: (socket: Socket, acknowledged: Json) => Promise<void>,
): Promise<void> {
  const socket = await client.socket();
  try {
    socket.send({ type: MessageType.ConnectionInit, payload: { authorization: bearer(session) } });
    const { type, payload } = (await socket.next()) ?? {};
    expectSame("the answer to connection_init", type, MessageType.ConnectionAck);
    await work(socket, payload);
  } finally {
    socket.end();
  }
}
