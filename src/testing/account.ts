import { LockMode } from "../database/mikro-orm.js";
import type { Clock } from "../foundation/clock.js";
import type { SessionRules } from "../foundation/config/session-rules.js";
import type { RunningServer } from "../server/server.js";
import { openSession, type OpenedSession } from "../features/session/session.service.js";
import { signAccessToken } from "../features/session/access-token.js";
import { User } from "../features/user/user.entity.js";
import { createUser, emailKeyOf } from "../features/user/user.service.js";
import { encode, parse, sign } from "./forge.js";
import type { Send } from "./transport.js";

/** A user with an account and a session. */
export type TestAccount = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly sessionId: string;
  readonly expiresAt: Date;
  /** A GraphQL request with this account's first token by default. */
  readonly send: Send;
  /** Bad access tokens of this account's session. */
  readonly tokens: TokenVariants;
};

export type TokenVariants = {
  /** Returns a token that has expired: `TOKEN_EXPIRED`. */
  readonly expired: () => string;
  /** Returns a token with another user's id and this account's signature: `TOKEN_INVALID`. */
  readonly tampered: () => string;
  /** Returns a token that was signed with another key: `TOKEN_INVALID`. */
  readonly ofAnotherKey: () => string;
};

export type Person = Pick<TestAccount, "name" | "email" | "password">;

export function personOf(name: string): Person {
  const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.com`;
  return { name, email, password: `password of ${name}` };
}

/** Registers a new user by the mutation, like a client. */
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

/** Opens a session for a user, who is created if there is none with the email. No password is hashed, and none would fit. */
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

/** Returns bad variants of an account's token. */
export function variantsOf(
  { id: userId, sessionId, token }: Pick<TestAccount, "id" | "sessionId" | "token">,
  rules: SessionRules,
  clock: Clock,
): TokenVariants {
  return {
    expired() {
      const ago = (rules.accessTokenTtlSeconds + rules.clockToleranceSeconds) * 1000;
      const then = new Date(clock().getTime() - ago);
      // Only the token has expired, not the session.
      const session = { id: sessionId, userId, expiresAt: clock() };
      return signAccessToken(session, rules, then).accessToken;
    },
    ...forgeriesOf(token),
  };
}

/** Returns the forgeries that are possible without the key. */
export function forgeriesOf(token: string): Pick<TokenVariants, "tampered" | "ofAnotherKey"> {
  return {
    tampered: () => withClaims(token, { sub: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
    ofAnotherKey: () => sign(parse(token), "the secret of somebody else: 0123456789abcdef"),
  };
}

/** Returns a token with other claims and the old signature. */
export function withClaims(token: string, claims: Readonly<Record<string, unknown>>): string {
  const [header, , signature] = token.split(".");
  const { payload } = parse(token);
  return [header, encode(JSON.stringify({ ...payload, ...claims })), signature].join(".");
}
