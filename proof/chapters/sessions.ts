import { setTimeout as pause } from "node:timers/promises";

import * as account from "../accounts.js";
import type { Chapter } from "../chapter.js";
import type { Operation, Recorder } from "../recorder.js";

const changePassword = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }";
const revoke = "mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }";
const logout = "mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }";
const deleteAccount = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";
const mine = "{ me { id sessions { id current createdAt lastUsedAt expiresAt userAgent } } }";

const inputs: readonly object[] = [
  { email: "new@example.com", name: "New", password: "short" },
  { email: "new@example.com", name: "New", password: "x".repeat(257) },
  { email: "new@example.com", name: "New", password: "123456789012" },
  { email: "new@example.com", name: "New", password: "password1234" },
  { email: "new@example.com", name: "", password: account.password },
  { email: "new@example.com", name: "x".repeat(81), password: account.password },
  { email: "new@example.com", name: "\u0000", password: account.password },
  { email: "new", name: "New", password: account.password },
  { email: "", name: "", password: "" },
  { email: `${"x".repeat(300)}@example.com`, name: "New", password: account.password },
  { email: "ADA@example.com", name: "Ada", password: account.password },
  { email: "é@example.com", name: "  É  ", password: `${account.password}é` },
  { email: "unknown", more: 1 },
];

async function registerBadly(recorder: Recorder): Promise<void> {
  for (const input of inputs)
    for (const accept of ["application/json", undefined]) {
      await recorder.graphql({ query: account.registration, variables: { input }, accept });
      await recorder.graphql({ query: account.login, variables: { input }, accept });
    }
}

/** Tries wrong passwords until the account, and then the address, has to wait. */
async function guess(recorder: Recorder): Promise<void> {
  const victim = await account.register(recorder, "Victim");
  const wrong = (email: string, address: string, accept?: string): Operation => ({
    query: account.login,
    variables: { input: { email, password: "wrong horse battery" } },
    address,
    accept,
  });
  for (let index = 0; index < 13; index += 1) await recorder.graphql(wrong(victim.email, "10.1.1.1"));
  await recorder.graphql(wrong(victim.email, "10.1.1.1", "application/json"));
  await recorder.graphql(wrong(victim.email, "10.1.1.2"));
  await account.signIn(recorder, victim);
  for (let index = 0; index < 12; index += 1) await recorder.graphql(wrong("nobody@example.com", `10.1.2.${index}`));
  const denied = (currentPassword: string): Operation => ({
    query: deleteAccount,
    variables: { input: { currentPassword } },
    token: victim.token,
  });
  for (let index = 0; index < 12; index += 1) await recorder.graphql(denied("wrong horse battery"));
  await recorder.graphql(denied(account.password));
}

async function refreshInEveryWay(recorder: Recorder): Promise<void> {
  const eve = await account.register(recorder, "Eve");
  const first = eve.refreshToken;
  const by = (refreshToken: unknown): Promise<{ body: any }> =>
    recorder.graphql({ query: account.refresh, variables: { input: { refreshToken } } });
  await account.renew(recorder, eve);
  // Within the grace a used token is answered again, and later it ends the session.
  await by(first);
  await by(first);
  await account.renew(recorder, eve);
  await by(first);
  await recorder.graphql({ query: mine, token: eve.token });
  for (const odd of ["", "x", "x".repeat(5000), eve.token, null, 1]) await by(odd);

  await account.signIn(recorder, eve);
  const used = eve.refreshToken;
  await account.renew(recorder, eve);
  await pause(2500);
  await by(used);
  await recorder.graphql({ query: mine, token: eve.token });
  await account.renew(recorder, eve);
  await account.signIn(recorder, eve);
  await recorder.graphql({ query: logout, variables: { input: { refreshToken: eve.refreshToken } } });
  await account.renew(recorder, eve);
}

async function endSessions(recorder: Recorder): Promise<void> {
  const fay = await account.register(recorder, "Fay");
  const other = { ...fay };
  for (let index = 0; index < 6; index += 1) {
    const sent = { query: account.login, variables: { input: { email: fay.email, password: fay.password } } };
    const { body } = await recorder.graphql({
      ...sent,
      headers: [["User-Agent", `Device ${index} ${"x".repeat(index * 60)}`]],
    });
    fay.token = body.data.login.accessToken;
    fay.refreshToken = body.data.login.refreshToken;
    await recorder.graphql({ query: mine, token: fay.token });
  }
  const { body } = await recorder.graphql({ query: mine, token: fay.token });
  const ids: string[] = body.data.me.sessions.map(({ id }: { id: string }) => id);
  for (const sessionId of [
    ids.at(-1),
    ids.at(-1),
    "session_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "x",
    account.sessionIdOf(other),
  ])
    await recorder.graphql({ query: revoke, variables: { input: { sessionId } }, token: fay.token });
  await recorder.graphql({ query: logout, token: other.token });
  for (const input of [undefined, null, {}, { refreshToken: null }, { refreshToken: "x" }])
    await recorder.graphql({ query: logout, variables: { input } });
  await account.signIn(recorder, fay);
  for (const [currentPassword, newPassword] of [
    ["wrong horse battery", "a new horse battery"],
    [fay.password, "short"],
    [fay.password, fay.password],
    [fay.password, "a new horse battery"],
  ])
    await recorder.graphql({
      query: changePassword,
      variables: { input: { currentPassword, newPassword } },
      token: fay.token,
    });
  await account.signIn(recorder, fay);
  fay.password = "a new horse battery";
  await recorder.graphql({ query: mine, token: fay.token });
  await account.signIn(recorder, fay);
  await recorder.graphql({ query: "mutation { logoutEverywhere { endedSessions } }", token: fay.token });
  await recorder.graphql({ query: mine, token: fay.token });
  await account.signIn(recorder, fay);
  await recorder.graphql({
    query: deleteAccount,
    variables: { input: { currentPassword: fay.password } },
    token: fay.token,
  });
  await account.signIn(recorder, fay);
  await account.renew(recorder, fay);
}

export const sessions: Chapter = {
  name: "sessions",
  settings: { MAX_SESSIONS_OF_USER: "4", REFRESH_GRACE: "2s" },
  async run(recorder) {
    await account.register(recorder, "Ada");
    await registerBadly(recorder);
    await guess(recorder);
    await refreshInEveryWay(recorder);
    await endSessions(recorder);
  },
};
