import { expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { createPost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

async function signIn(api: Api, { email, password }: Account, userAgent = "test") {
  const { body } = await api.send(
    `mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken user { sessions { id current } } } }`,
    { variables: { input: { email, password } }, headers: { "user-agent": userAgent } },
  );
  const { accessToken, refreshToken, user } = body.data.login;
  return { token: accessToken, refreshToken, id: user.sessions.find((session: any) => session.current).id };
}

const stateOf = async (api: Api, token: string) => {
  const { body } = await api.send("{ me { id } }", { token });
  return body.errors?.[0]?.extensions["reason"] ?? "LIVE";
};

const logout = (api: Api, options: { token?: string; refreshToken?: string | null }) =>
  api.send(`mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }`, {
    token: options.token,
    variables: options.refreshToken === undefined ? {} : { input: { refreshToken: options.refreshToken } },
  });

test("lists the viewer's live sessions, newest first, and nobody else's", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  api.clock.advance(1000);
  const phone = await signIn(api, ada, "Phone/1.0");
  const bob = await api.register("Bob");
  await createPost(ada);

  const { body } = await ada.send("{ me { sessions { id createdAt lastUsedAt expiresAt userAgent current } } }");

  expect(body.data.me.sessions).toEqual([
    {
      id: phone.id,
      createdAt: "2026-11-22T09:00:01.417Z",
      lastUsedAt: "2026-11-22T09:00:01.417Z",
      expiresAt: "2026-12-22T09:00:01.417Z",
      userAgent: "Phone/1.0",
      current: false,
    },
    expect.objectContaining({ id: ada.sessionId, current: true }),
  ]);
  const others = await bob.send("{ posts { nodes { author { name email sessions { id } } } } }");
  expect(others.body.data.posts.nodes).toEqual([{ author: { name: "Ada", email: null, sessions: null } }]);
});

test("logs out at once: the same token in the same millisecond is refused", async () => {
  const api = await startApi();
  const ada = await api.register();
  const other = await signIn(api, ada);

  expect((await logout(api, { token: ada.token })).body).toEqual({ data: { logout: { endedSessions: 1 } } });

  expect(await stateOf(api, ada.token)).toBe("SESSION_REVOKED");
  expect(await stateOf(api, other.token)).toBe("LIVE");
  expect((await logout(api, { token: ada.token })).status).toBe(401);
});

test("treats a session as ended that another process ended, even if that one's clock is ahead", async () => {
  const api = await startApi();
  const ada = await api.register();
  const ahead = api.clock().getTime() + 5000;
  await rows(api.server.database, "update sessions set ended_at = ?", [ahead]);

  expect(await stateOf(api, ada.token)).toBe("SESSION_REVOKED");
  expect((await logout(api, { refreshToken: ada.refreshToken })).body.data.logout.endedSessions).toBe(0);
});

test("logs out by refresh token, whatever the header says", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];

  expect((await logout(api, { token: bob.token, refreshToken: ada.refreshToken })).body.data.logout.endedSessions).toBe(
    1,
  );
  expect(await stateOf(api, ada.token)).toBe("SESSION_REVOKED");
  expect(await stateOf(api, bob.token)).toBe("LIVE");

  for (const refreshToken of [ada.refreshToken, "unknown", ""])
    expect((await logout(api, { token: "nonsense", refreshToken })).body).toEqual({
      data: { logout: { endedSessions: 0 } },
    });
});

test("logs out by a replaced refresh token, but not by one of an expired session", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  await api.send(`mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { expiresAt } }`, {
    variables: { t: ada.refreshToken },
  });

  expect((await logout(api, { refreshToken: ada.refreshToken })).body.data.logout.endedSessions).toBe(1);
  expect(await stateOf(api, ada.token)).toBe("SESSION_REVOKED");

  api.clock.advance(31 * 24 * 60 * 60_000);
  expect((await logout(api, { refreshToken: bob.refreshToken })).body.data.logout.endedSessions).toBe(0);
});

test("needs a refresh token or a header to log out", async () => {
  const api = await startApi();
  for (const refreshToken of [undefined, null]) {
    const { status, body } = await logout(api, refreshToken === undefined ? {} : { refreshToken });
    expect(status).toBe(401);
    expect(body.errors![0]!.extensions["reason"]).toBe("TOKEN_MISSING");
  }
});

test("logs out everywhere, of the viewer's sessions only", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const other = await signIn(api, ada);

  const { body } = await ada.send("mutation { logoutEverywhere { endedSessions } }");

  expect(body.data.logoutEverywhere.endedSessions).toBe(2);
  for (const { token } of [ada, other]) expect(await stateOf(api, token)).toBe("SESSION_REVOKED");
  expect(await stateOf(api, bob.token)).toBe("LIVE");
});

test("revokes one of the viewer's sessions, and none that has ended or is another user's", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const phone = await signIn(api, ada);
  const revoke = (sessionId: string) =>
    ada.send(`mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }`, {
      variables: { id: sessionId },
    });

  expect((await revoke(phone.id)).body).toEqual({ data: { revokeSession: { sessionId: phone.id } } });
  expect(await stateOf(api, phone.token)).toBe("SESSION_REVOKED");
  expect(await stateOf(api, ada.token)).toBe("LIVE");

  for (const id of [phone.id, bob.sessionId, "session_01ARZ3NDEKTSV4RRFFQ69G5FAV", "x"])
    expect((await revoke(id)).body.errors![0]!.extensions).toEqual({ code: "NOT_FOUND" });
  expect(await stateOf(api, bob.token)).toBe("LIVE");
  expect((await revoke(ada.sessionId)).status).toBe(200);
  expect(await stateOf(api, ada.token)).toBe("SESSION_REVOKED");
});

test("changes the password, ends the other sessions and keeps this one", async () => {
  const api = await startApi();
  const ada = await api.register();
  const [phone, tablet] = [await signIn(api, ada), await signIn(api, ada)];
  const change = (currentPassword: string, newPassword: string) =>
    ada.send(`mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }`, {
      variables: { input: { currentPassword, newPassword } },
    });

  const wrong = await change("not the password", "another long one");
  expect(wrong.body.errors![0]).toMatchObject({
    message: "Wrong current password",
    extensions: { code: "INVALID_CREDENTIALS" },
  });
  expect((await change(ada.password, "short")).body.errors![0]!.extensions["issues"]).toEqual([
    { path: ["input", "newPassword"], message: "must have 12 to 256 characters" },
  ]);
  expect(await stateOf(api, phone.token)).toBe("LIVE");

  expect((await change(ada.password, "another long one")).body.data).toEqual({ changePassword: { endedSessions: 2 } });

  expect(await stateOf(api, ada.token)).toBe("LIVE");
  for (const { token } of [phone, tablet]) expect(await stateOf(api, token)).toBe("SESSION_REVOKED");
  const login = (password: string) =>
    api.send(`mutation ($input: LoginInput!) { login(input: $input) { user { id } } }`, {
      variables: { input: { email: ada.email, password } },
    });
  expect((await login(ada.password)).body.errors![0]!.extensions.code).toBe("INVALID_CREDENTIALS");
  expect((await login("another long one")).body.data.login.user.id).toBe(ada.id);
});

test("deletes an account with its posts and sessions; its tokens answer USER_GONE from then on", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const phone = await signIn(api, ada);
  await createPost(ada);
  const remove = (currentPassword: string) =>
    ada.send(`mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }`, {
      variables: { input: { currentPassword } },
    });

  expect((await remove("not the password")).body.errors![0]!.extensions.code).toBe("INVALID_CREDENTIALS");
  expect((await remove(ada.password)).body).toEqual({ data: { deleteAccount: { deletedUserId: ada.id } } });

  for (const { token } of [ada, phone]) expect(await stateOf(api, token)).toBe("USER_GONE");
  expect((await bob.send("{ posts { totalCount } }")).body.data.posts.totalCount).toBe(0);
  const refresh = await api.send(
    `mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { expiresAt } }`,
    {
      variables: { t: phone.refreshToken },
    },
  );
  expect(refresh.body.errors![0]!.extensions).toEqual({ code: "INVALID_REFRESH_TOKEN", reason: "UNKNOWN" });
  const login = await api.send(`mutation ($input: LoginInput!) { login(input: $input) { user { id } } }`, {
    variables: { input: { email: ada.email, password: ada.password } },
  });
  expect(login.body.errors![0]!.extensions.code).toBe("INVALID_CREDENTIALS");
});

test("answers USER_GONE to a writer whose account was deleted meanwhile", async () => {
  const api = await startApi();
  const ada = await api.register();
  const contextValue = await api.server.createContext({
    authorization: [`Bearer ${ada.token}`],
    userAgent: null,
    address: null,
  });
  await rows(api.server.database, "delete from users");

  const { body } = await api.server.apollo.executeOperation(
    { query: `mutation { createPost(input: { title: "T", content: "C" }) { post { id } } }` },
    { contextValue },
  );

  expect(body).toMatchObject({
    singleResult: { errors: [{ extensions: { code: "UNAUTHENTICATED", reason: "USER_GONE" } }] },
  });
});

test("logs each event once: user, session, reason and address, and no secret", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const login = (password: string) =>
    api.send(`mutation ($input: LoginInput!) { login(input: $input) { user { id } } }`, {
      variables: { input: { email: ada.email, password } },
    });
  await login("wrong password");
  await login(ada.password);
  const refresh = (token: string) =>
    api.send(`mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { refreshToken } }`, {
      variables: { t: token },
    });
  const next = (await refresh(ada.refreshToken)).body.data.refreshSession.refreshToken;
  await refresh(next);
  await refresh("unknown");
  await ada.send(
    `mutation { changePassword(input: { currentPassword: "a wrong one", newPassword: "another long one" }) { endedSessions } }`,
  );
  await ada.send(
    `mutation { changePassword(input: { currentPassword: "${ada.password}", newPassword: "another long one" }) { endedSessions } }`,
  );
  api.clock.advance(60_000);
  await refresh(ada.refreshToken);
  await refresh(ada.refreshToken);

  const events = api.logged().filter((line) => line["msg"] === "session");
  const of = (event: string, rest = {}) => ({ event, userId: ada.id, address: "127.0.0.1", ...rest });
  const own = { sessionId: ada.sessionId };
  const { account } = events[0]!;
  expect(account).toMatch(/^[\w-]{22}$/);
  const other = { sessionId: expect.not.stringMatching(ada.sessionId) };

  expect(events.map(({ level: _level, time: _time, msg: _msg, requestId: _requestId, ...event }) => event)).toEqual([
    of("signed in", { ...own, account, cause: "register" }),
    of("sign-in refused", { account, cause: "INVALID_CREDENTIALS" }),
    of("signed in", { ...other, account, cause: "login" }),
    of("session refreshed", own),
    of("session refreshed", own),
    { event: "refresh refused", cause: "UNKNOWN", address: "127.0.0.1" },
    of("password refused", { ...own, account, cause: "INVALID_CREDENTIALS" }),
    of("password changed", own),
    of("session ended", { ...other, cause: "password changed" }),
    of("refresh token reused", own),
    of("session ended", { ...own, cause: "reuse" }),
    of("refresh refused", { ...own, cause: "SESSION_REVOKED" }),
  ]);
  expect(events.every(({ requestId }) => typeof requestId === "string")).toBe(true);
  const text = JSON.stringify(api.logged());
  for (const secret of [ada.password, ada.token, ada.refreshToken, next, "another long one", ada.email])
    expect(text).not.toContain(secret);
});
