import { expect, test } from "vitest";

import { makeSession, type Session } from "../../../explorer/model/session.js";
import { startApi, type Api } from "../../support/api.js";

/** A session of the explorer, in a browser whose clock is off by some milliseconds. */
function sessionWith(api: Api, off = 0, fetchWith: typeof fetch = fetch): Session {
  return makeSession({
    endpoint: api.url,
    expireAt: new URL("/explorer/expire", api.url).href,
    fetch: fetchWith,
    now: () => api.clock().getTime() + off,
  });
}

async function open(env: Record<string, string> = {}, off = 0) {
  const api = await startApi({ ACCESS_TOKEN_TTL: "10m", ...env });
  const session = sessionWith(api, off);
  await session.open("register", { name: "Ada", email: "ada@example.com", password: "correct horse battery" });
  const me = async () => {
    const { response, refusedBefore } = await session.send({ body: JSON.stringify({ query: "{ me { name } }" }) });
    return { status: response.status, refusedBefore: refusedBefore?.reason };
  };
  const refreshes = () => api.logged().filter(({ rootFields }) => rootFields?.includes("refreshSession")).length;
  return { api, session, me, refreshes };
}

test("knows the server's time, however far off the browser's clock is", async () => {
  const { api, session } = await open({}, -7_200_000);
  expect(session.serverNow()).toBe(api.clock().getTime());
  expect(session.current()).toMatchObject({
    name: "Ada",
    email: "ada@example.com",
    givenAt: Date.parse("2026-11-22T09:00:00.417Z"),
    expiresAt: Date.parse("2026-11-22T09:10:00.000Z"),
  });
});

test("shows a refusal unchanged, unless it renews by itself", async () => {
  const { api, session, me, refreshes } = await open();
  api.clock.advance(600_000);
  expect(await me()).toEqual({ status: 401, refusedBefore: undefined });
  expect(refreshes()).toBe(0);
  expect(session.current()).toBeDefined();

  session.renewsByItself = true;
  expect(await me()).toEqual({ status: 200, refusedBefore: "TOKEN_EXPIRED" });
  expect(await me()).toEqual({ status: 200, refusedBefore: undefined });
  expect(refreshes()).toBe(1);
});

test("refreshes once for requests refused at the same time, and not for one with an older token", async () => {
  const { api, session, me, refreshes } = await open();
  session.renewsByItself = true;
  const old = session.current()!.accessToken;
  api.clock.advance(600_000);
  const answers = await Promise.all([me(), me(), me()]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await session.renew(old)).toBe(true);
  expect(refreshes()).toBe(1);
});

test.each([
  { of: "was ended", how: "mutation { logoutEverywhere { endedSessions } }", reason: "SESSION_REVOKED" },
  {
    of: "went with its account",
    how: `mutation { deleteAccount(input: { currentPassword: "correct horse battery" }) { deletedUserId } }`,
    reason: "USER_GONE",
  },
])("forgets a session that $of, and says why", async ({ how, reason }) => {
  const { api, session, me } = await open();
  await api.send(how, { token: session.current()!.accessToken });
  expect((await me()).status).toBe(401);
  expect(session.current()).toBeUndefined();
  expect(session.ended()?.reason).toBe(reason);
});

test("forgets a session that can no longer be refreshed", async () => {
  const { api, session } = await open({ REFRESH_TOKEN_TTL: "1h" });
  api.clock.advance(3_600_000);
  expect(await session.renew()).toBe(false);
  expect(session.current()).toBeUndefined();
  expect(session.ended()?.reason).toBe("EXPIRED");
});

test("exchanges its token for a shorter one, which it can renew", async () => {
  const { api, session, me } = await open();
  await session.letExpire();
  expect(session.current()!.expiresAt).toBe(Date.parse("2026-11-22T09:00:05.000Z"));
  expect((await me()).status).toBe(200);
  api.clock.advance(5000);
  expect((await me()).status).toBe(401);
  await expect(session.letExpire()).rejects.toThrow("Could not validate credentials (TOKEN_EXPIRED)");
  await session.renew();
  expect((await me()).status).toBe(200);
});

test("ends its session when it signs out, and a running refresh doesn't sign it in again", async () => {
  const { api, session } = await open();
  const { accessToken } = session.current()!;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const slow = sessionWith(api, 0, async (...asked) => {
    const answer = await fetch(...asked);
    if (/refreshSession/.test(asked[1]?.body as string)) await held;
    return answer;
  });
  await slow.open("login", { email: "ada@example.com", password: "correct horse battery" });
  const renewing = slow.renew();
  await slow.signOut();
  letGo();
  expect(await renewing).toBe(false);
  expect(slow.current()).toBeUndefined();

  await session.signOut();
  const { body } = await api.send("{ me { name } }", { token: accessToken });
  expect(body.errors![0]!.extensions).toMatchObject({ reason: "SESSION_REVOKED" });
});

test("reports a failed sign-in, and lets requests wait for a running one", async () => {
  const api = await startApi();
  await api.register("Ada");
  const session = sessionWith(api);
  await expect(session.open("login", { email: "ada@example.com", password: "wrong" })).rejects.toThrow(
    "email or password",
  );
  const opening = session.open("login", { email: "ada@example.com", password: "password of Ada" });
  expect(await session.ask("{ me { name } }")).toEqual({ me: { name: "Ada" } });
  await opening;
});

test("uses the answer with the least delay, until a clock is moved", async () => {
  const api = await startApi();
  let off = 0;
  const session = makeSession({
    endpoint: api.url,
    expireAt: "",
    fetch,
    now: () => api.clock().getTime() + off,
  });
  await session.open("register", { name: "Ada", email: "ada@example.com", password: "correct horse battery" });
  const aheadAfter = async (milliseconds: number) => {
    off = milliseconds;
    await session.renew();
    return session.serverNow() - api.clock().getTime();
  };
  // As if this answer had been on its way for so long.
  expect(await aheadAfter(200)).toBe(200);
  expect(await aheadAfter(5000)).toBe(0);
  expect(await aheadAfter(-3_600_000)).toBe(0);
});
