import * as account from "../accounts.js";
import type { Account } from "../accounts.js";
import type { Chapter } from "../chapter.js";
import { openSocket } from "../live.js";
import type { Recorder } from "../recorder.js";
import { anotherSecret, forged, partsOf, sign } from "../tokens.js";

type Users = { readonly ada: Account; readonly bob: Account; readonly gone: Account; readonly ended: Account };

const claimNames = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"];
const ofAnotherType = { iss: 1, aud: ["postern"], sub: 1, sid: {}, iat: "1", exp: "9999999999", jti: null };

/** Returns the Authorization headers of every kind of credential, by what is said of them. */
function kinds({ ada, bob, gone, ended }: Users): Record<string, readonly string[]> {
  const { token } = ada;
  const { header, claims } = partsOf(token);
  const now = Math.floor(Date.now() / 1000);
  const [head, , signature] = token.split(".");
  const tokens: Record<string, string> = {
    good: token,
    "put together by hand": forged(token),
    "of a user that is gone": gone.token,
    "of a session that was ended": ended.token,
    expired: forged(token, { iat: now - 3600, exp: now - 1800 }),
    "expired of another audience": forged(token, { iat: now - 3600, exp: now - 1800, aud: "another" }),
    "expired of a user that is gone": forged(gone.token, { iat: now - 3600, exp: now - 1800 }),
    "of another secret": forged(token, {}, {}, anotherSecret),
    "without a signature": token.replace(/[^.]*$/, ""),
    "with the claims of another": [head, bob.token.split(".")[1], signature].join("."),
    "of alg none": sign({ ...header, alg: "none" }, claims).replace(/[^.]*$/, ""),
    "of HS512": forged(token, {}, { alg: "HS512" }),
    "without kid": forged(token, {}, { kid: undefined }),
    "of an unknown kid": forged(token, {}, { kid: "0123456789abcdef" }),
    "of typ JWT": forged(token, {}, { typ: "JWT" }),
    "with crit": forged(token, {}, { crit: ["exp"] }),
    "with a claim of its own": forged(token, { mine: true }),
    "of text": sign(header, '"text"'),
    "of null": sign(header, "null"),
    "that is no JWT": "token",
    "of three parts": "a.b.c",
    "of a user that never was": forged(token, { sub: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
    "of a session that never was": forged(token, { sid: "session_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
    "of another's session": forged(token, { sid: partsOf(bob.token).claims["sid"] }),
    "of 24 h": forged(token, { iat: now, exp: now + 86_400 }),
    "of more than 24 h": forged(token, { iat: now, exp: now + 86_500 }),
    "of soon": forged(token, { iat: now + 30 }),
    "of later": forged(token, { iat: now + 300 }),
    "not before soon": forged(token, { nbf: now + 30 }),
    "not before later": forged(token, { nbf: now + 300 }),
    "with exp in parts": forged(token, { exp: now + 60.5 }),
  };
  for (const name of claimNames) tokens[`without ${name}`] = forged(token, { [name]: undefined });
  for (const [name, value] of Object.entries(ofAnotherType))
    tokens[`${name} of another type`] = forged(token, { [name]: value });
  return {
    none: [],
    empty: [""],
    "the scheme alone": ["Bearer"],
    "no scheme": [token],
    "another scheme": [`Basic ${token}`],
    "lower case": [`bearer ${token}`],
    "two blanks": [`Bearer  ${token}`],
    "two headers": [`Bearer ${token}`, `Bearer ${token}`],
    "two tokens": [`Bearer ${token}, Bearer ${token}`],
    "a refresh token": [`Bearer ${ada.refreshToken}`],
    ...Object.fromEntries(Object.entries(tokens).map(([name, value]) => [name, [`Bearer ${value}`]])),
  };
}

const operations: readonly [query: string, variables?: object][] = [
  ["{ __typename }"],
  ["{ me { id name } }"],
  ["{ __typename posts(first: 1) { nodes { id } } }"],
  [`{ node(id: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV") { id } __schema { queryType { name } } }`],
  ["mutation { logout { endedSessions } }"],
  [account.creation, { input: { title: "x", content: "x", published: false } }],
  [account.login, { input: { email: "bob@example.com", password: account.password } }],
];

async function prepare(recorder: Recorder): Promise<Users> {
  const [ada, bob, gone, ended] = [
    await account.register(recorder, "Ada"),
    await account.register(recorder, "Bob"),
    await account.register(recorder, "Gone"),
    await account.register(recorder, "Ended"),
  ];
  await recorder.graphql({
    query: "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }",
    variables: { input: { currentPassword: account.password } },
    token: gone.token,
  });
  await recorder.graphql({ query: "mutation { logoutEverywhere { endedSessions } }", token: ended.token });
  return { ada, bob, gone, ended };
}

export const credentials: Chapter = {
  name: "credentials",
  settings: { POSTS_PER_HOUR: "100000", MAX_SESSIONS_OF_USER: "1000" },
  async run(recorder) {
    const users = await prepare(recorder);
    for (const name of Object.keys(kinds(users))) {
      // Forged when it is used, since some are of the present.
      const authorization = kinds(users)[name]!;
      const headers = [["X-Credential", name] as const];
      for (const [query, variables] of operations) await recorder.graphql({ query, variables, authorization, headers });
      await recorder.graphql({
        query: "{ me { id } }",
        accept: "application/json",
        byGet: true,
        authorization,
        headers,
      });
      await recorder.graphql({
        query: "subscription { postEvents { kind } }",
        accept: "text/event-stream",
        headers,
        authorization: authorization.length === 1 && authorization[0] !== "" ? [`${authorization[0]}.`] : ["x"],
      });
      await bySocket(recorder, name, authorization);
      if (users.ada.token === authorization[0]?.slice(7) || /hand|24 h|soon|own|lower|good/.test(name))
        await account.signIn(recorder, users.ada);
    }
  },
};

/** Presents a credential in connection_init of one socket, and in the upgrade of another. */
async function bySocket(recorder: Recorder, name: string, authorization: readonly string[]): Promise<void> {
  const payload = authorization.length === 0 ? undefined : { Authorization: authorization.join(", ") };
  const first = await openSocket(recorder);
  first.send({ type: "connection_init", payload });
  await first.wait();
  first.subscribe("a", "{ me { id } }");
  await first.wait();
  await first.keep(`${name} in connection_init`);

  const upgraded = await openSocket(recorder, authorization.length === 0 ? {} : { authorization: [...authorization] });
  upgraded.send({ type: "connection_init" });
  await upgraded.wait();
  await upgraded.keep(`${name} in the upgrade`);
}
