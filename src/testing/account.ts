import { LockMode } from "@mikro-orm/core";

import type { Clock } from "../foundation/clock.js";
import type { SessionRules } from "../foundation/config/session-rules.js";
import type { RunningServer } from "../server/server.js";
import { openSession, type OpenedSession } from "../features/session/session.service.js";
import { signAccessToken } from "../features/session/token.js";
import { User } from "../features/user/user.entity.js";
import { createUser, emailKeyOf } from "../features/user/user.service.js";
import { encode, parse, sign } from "./forge.js";
import type { Send } from "./transport.js";

/** Somebody with an account and a session of their own. */
export type TestAccount = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly sessionId: string;
  readonly expiresAt: Date;
  /** A GraphQL request with this account's first token, unless another is given. */
  readonly send: Send;
  /** Access tokens of this account's session with something wrong about them. */
  readonly tokens: TokenVariants;
};

export type TokenVariants = {
  /** One that has ended by now: `TOKEN_EXPIRED`. */
  readonly expired: () => string;
  /** One that says that it is somebody else's, under the signature of this account's: `TOKEN_INVALID`. */
  readonly tampered: () => string;
  /** One that a key of somebody else's has signed: `TOKEN_INVALID`. */
  readonly ofAnotherKey: () => string;
};

export type Person = Pick<TestAccount, "name" | "email" | "password">;

export function personOf(name: string): Person {
  const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.com`;
  return { name, email, password: `password of ${name}` };
}

/** Registers somebody new as clients do, by the server's own fields. */
export async function registerPerson(send: Send, person: Person): Promise<Omit<TestAccount, "send" | "tokens">> {
  const { body, text } = await send(
    `mutation ($input: RegisterInput!) {
      register(input: $input) { accessToken refreshToken expiresAt user { id sessions { id } } }
    }`,
    { variables: { input: person } },
  );
  if (body.errors !== undefined) throw new Error(`nobody was registered: ${text}`);
  const { accessToken: token, refreshToken, expiresAt, user } = body.data.register;
  const sessionId: string = user.sessions[0].id;
  return { ...person, id: user.id, token, refreshToken, sessionId, expiresAt: new Date(expiresAt) };
}

/** Opens a session for somebody, who is made where nobody has the email: no password is hashed, and none would fit. */
export async function openSessionFor(
  { createContext }: RunningServer,
  person: Person,
): Promise<Omit<TestAccount, "send" | "tokens">> {
  const context = await createContext({ authorization: [], userAgent: null, address: null });
  const { client, now, settings } = context;
  const opened: OpenedSession = await context.transaction(async (em) => {
    const known = await em.findOne(
      User,
      { emailKey: emailKeyOf(person.email) },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    const user = known ?? (await createUser(em, { ...person, passwordHash: "none" }, now));
    return openSession(em, user, client, settings.sessionRules, now);
  });
  context.operation.end();
  const { viewer, accessToken: token, refreshToken, expiresAt } = opened;
  return { ...person, id: viewer.userId, token, refreshToken, sessionId: viewer.sessionId, expiresAt };
}

/** What variants of an account's token are made from. */
export function variantsOf(
  { id: userId, sessionId, token }: Pick<TestAccount, "id" | "sessionId" | "token">,
  rules: SessionRules,
  clock: Clock,
): TokenVariants {
  return {
    expired() {
      const ago = (rules.accessTokenTtlSeconds + rules.clockToleranceSeconds) * 1000;
      const then = new Date(clock().getTime() - ago);
      // The session goes on: it is the token alone that has ended.
      const session = { id: sessionId, userId, expiresAt: clock() };
      return signAccessToken(session, rules, then).accessToken;
    },
    ...forgeriesOf(token),
  };
}

/** What somebody without the key can make of a token. */
export function forgeriesOf(token: string): Pick<TokenVariants, "tampered" | "ofAnotherKey"> {
  return {
    tampered: () => withClaims(token, { sub: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
    ofAnotherKey: () => sign(parse(token), "the secret of somebody else: 0123456789abcdef"),
  };
}

/** A token that claims something else under its own signature. */
export function withClaims(token: string, claims: Readonly<Record<string, unknown>>): string {
  const [header, , signature] = token.split(".");
  const { payload } = parse(token);
  return [header, encode(JSON.stringify({ ...payload, ...claims })), signature].join(".");
}
