// Run by scripts/try-package.ts, in a project that has the package.
import { AssertionError } from "node:assert";
import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { test } from "node:test";

import { createSession } from "postern/client";
import { assertGuarded, assertSucceeded, assertUnauthenticated, contract, createTestServer } from "postern/testing";

await test("the kit works in node:test", async (t) => {
  const api = await createTestServer();
  t.after(api.stop);
  const ada = await api.as("Ada");
  assertSucceeded(await ada.send("{ me { id } }"));
  api.clock.advance("30m");
  const refused = await ada.send("{ me { id } }");
  assertUnauthenticated(refused, "TOKEN_EXPIRED");
  throws(() => assertSucceeded(refused), AssertionError);
  await rejects(assertGuarded(api, { __typename: "{ __typename }" }), AssertionError);
});

await test("the client keeps a session past the end of its token", async (t) => {
  const api = await createTestServer();
  t.after(api.stop);
  const { token: accessToken, refreshToken } = await api.as("Ada");
  const session = createSession({ url: api.url, now: () => api.clock().getTime() });
  session.signIn({ accessToken, refreshToken, expiresIn: 1799 });
  api.clock.advance("30m");
  const answer = await session.fetch(session.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ me { name } }" }),
  });
  deepEqual(await answer.json(), { data: { me: { name: "Ada" } } });
  equal(api.events().at(-1)?.event, "session refreshed");
});

await test("a server that keeps the contract", async (t) => {
  const api = await createTestServer();
  t.after(api.stop);
  const { email, password, tokens } = await api.register("Ada");
  for (const { name, run } of contract({ url: api.url, email, password, expiredToken: tokens.expired() }))
    await t.test(name, run);
});
