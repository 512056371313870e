import { AssertionError } from "node:assert";

import { MessageType } from "graphql-ws";

import { forgeriesOf, withClaims } from "../account.js";
import { encode, parse } from "../forge.js";
import type { Answer, GraphQLError } from "../transport.js";
import { eventStream, forbidden, type Client, type Deployment, type Json } from "./deployment.js";
import { bearer, expectSame, logOut, withSession, type Opened } from "./session.js";

const me = "{ me { id } }";

/** A bad credential, and the reason for its rejection. */
type BadCredential = { readonly of: string; readonly reason: string; readonly expiredAt?: string } & (
  | { readonly authorization: string | undefined }
  | { readonly make: (session: Opened, client: Client) => string | Promise<string> }
);

/** Tokens expire at whole seconds. */
const endOf = (token: string): number => Number(parse(token).payload["exp"]) * 1000;

const invalid = (of: string, make: (session: Opened) => string) => ({ of, reason: "TOKEN_INVALID", make });

/** Returns a bad credential of every state that is possible without the server's key and without waiting. */
function badCredentials({ expiredToken }: Deployment): readonly BadCredential[] {
  return [
    { of: "no credential", reason: "TOKEN_MISSING", authorization: undefined },
    { of: "something that is no token", reason: "TOKEN_INVALID", authorization: "Bearer nonsense" },
    invalid("another scheme", ({ accessToken }) => `Basic ${accessToken}`),
    invalid("a token without a scheme", ({ accessToken }) => accessToken),
    invalid(
      "a token that says it is somebody else's",
      ({ accessToken }) => `Bearer ${forgeriesOf(accessToken).tampered()}`,
    ),
    invalid("a token that says it ends later", ({ accessToken }) => {
      const exp = endOf(accessToken) / 1000 + 60;
      return `Bearer ${withClaims(accessToken, { exp })}`;
    }),
    invalid("a token of another key", ({ accessToken }) => `Bearer ${forgeriesOf(accessToken).ofAnotherKey()}`),
    invalid("a token that says it needs no key", ({ accessToken }) => {
      const { header, payload } = parse(accessToken);
      return `Bearer ${encode(JSON.stringify({ ...header, alg: "none" }))}.${encode(JSON.stringify(payload))}.`;
    }),
    invalid("a refresh token", ({ refreshToken }) => `Bearer ${refreshToken}`),
    {
      of: "a token whose session has ended",
      reason: "SESSION_REVOKED",
      async make(session, client) {
        await logOut(client, session.refreshToken);
        return bearer(session);
      },
    },
    ...(expiredToken === undefined
      ? []
      : [
          {
            of: "a token that has ended",
            reason: "TOKEN_EXPIRED",
            expiredAt: new Date(endOf(expiredToken)).toISOString(),
            authorization: `Bearer ${expiredToken}`,
          },
        ]),
  ];
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The error for a bad credential, except for its place and time. */
function refusalIn(errors: readonly GraphQLError[] | undefined): unknown {
  return errors?.map(({ message, extensions: { serverTime, ...details } }) => ({
    message,
    ...details,
    serverTime: instant.test(String(serverTime)),
  }));
}
const refusalFor = ({ reason, expiredAt }: BadCredential) => [
  {
    message: "Could not validate credentials",
    code: "UNAUTHENTICATED",
    reason,
    ...(expiredAt !== undefined && { expiredAt }),
    serverTime: true,
  },
];

/** The checked part of a response. */
function refusedBy({ status, headers, body }: Answer) {
  const challenge = headers.get("www-authenticate") ?? "";
  return {
    status,
    data: body.data,
    errors: refusalIn(body.errors),
    challenge: { isBearer: /^bearer /i.test(challenge), isOfToken: challenge.includes('error="invalid_token"') },
  };
}

/** The ways to send a credential, each with the answer and the expectation. */
const ways: Readonly<
  Record<string, (client: Client, authorization: string | undefined, bad: BadCredential) => Promise<[unknown, unknown]>>
> = {
  POST: async (client, authorization, bad) => [
    refusedBy(await client.post({ query: me, authorization })),
    httpRefusalFor(bad, 401),
  ],
  "POST, accepting application/json alone": async (client, authorization, bad) => [
    refusedBy(await client.post({ query: me, authorization, accept: "application/json" })),
    httpRefusalFor(bad, 200),
  ],
  GET: async (client, authorization, bad) => [
    refusedBy(await client.get({ query: me, authorization })),
    httpRefusalFor(bad, 401),
  ],
  "an event stream": async (client, authorization, bad) => [
    // If everybody may read posts, subscribing needs no credential.
    refusedBy(
      await client.post({ query: authorization === undefined ? me : follow, authorization, accept: eventStream }),
    ),
    httpRefusalFor(bad, 401),
  ],
  "a socket's first message": (client, authorization, bad) =>
    socketRefusal(client, bad, {}, authorization === undefined ? undefined : { authorization }),
  "the request that opens a socket": (client, authorization, bad) =>
    socketRefusal(client, bad, authorization === undefined ? {} : { authorization }, undefined),
};
export const follow = "subscription { postEvents { kind } }";

const httpRefusalFor = (bad: BadCredential, status: number) => ({
  status,
  data: undefined,
  errors: refusalFor(bad),
  challenge: { isBearer: true, isOfToken: bad.reason !== "TOKEN_MISSING" },
});

/** A bad credential ends the socket. Without one, each operation is rejected. */
async function socketRefusal(
  client: Client,
  bad: BadCredential,
  headers: Readonly<Record<string, string>>,
  payload: Json,
): Promise<[unknown, unknown]> {
  const socket = await client.socket(headers);
  const { reason } = bad;
  try {
    socket.send({ type: MessageType.ConnectionInit, payload });
    const first = await socket.next();
    if (reason !== "TOKEN_MISSING") {
      // If the server accepts the credential, the socket stays open.
      const closed = first?.type === MessageType.Ping ? await socket.closed : "not at all";
      const told = { type: first?.type, errors: refusalIn(first?.payload?.errors), closed };
      return [told, { type: MessageType.Ping, errors: refusalFor(bad), closed: { code: forbidden, reason } }];
    }
    socket.send({ type: MessageType.Subscribe, id: "1", payload: { query: me } });
    const second = await socket.next();
    const errors = Array.isArray(second?.payload) ? refusalIn(second.payload) : second?.payload;
    return [
      { types: [first?.type, second?.type], errors },
      { types: [MessageType.ConnectionAck, MessageType.Error], errors: refusalFor(bad) },
    ];
  } finally {
    socket.end();
  }
}

/** Expects the same error by every way, and reports each way with another answer. */
async function expectRefused(client: Client, bad: BadCredential, authorization: string | undefined): Promise<void> {
  const problems: string[] = [];
  for (const [way, refused] of Object.entries(ways)) {
    try {
      expectSame(`by ${way}`, ...(await refused(client, authorization, bad)));
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new AssertionError({ message: problems.join("\n") });
}

/** Checks that each bad credential gets the same error by POST, GET, stream and socket. */
export const credentialChecks = (deployment: Deployment) =>
  badCredentials(deployment).map((bad) => ({
    name: `${bad.of} is told ${bad.reason} everywhere`,
    run: (client: Client) =>
      "authorization" in bad
        ? expectRefused(client, bad, bad.authorization)
        : withSession(client, deployment, async (session) =>
            expectRefused(client, bad, await bad.make(session, client)),
          ),
  }));
