// Run by scripts/try-package.ts, in a project that has the package.
import { AssertionError } from "node:assert";
import { rejects, throws } from "node:assert/strict";
import { test } from "node:test";

import { assertGuarded, assertSucceeded, assertUnauthenticated, createTestServer } from "postern/testing";

await test("the kit works in node:test", async () => {
  const api = await createTestServer();
  const ada = await api.as("Ada");
  assertSucceeded(await ada.send("{ me { id } }"));
  api.clock.advance("30m");
  const refused = await ada.send("{ me { id } }");
  assertUnauthenticated(refused, "TOKEN_EXPIRED");
  throws(() => assertSucceeded(refused), AssertionError);
  await rejects(assertGuarded(api, { __typename: "{ __typename }" }), AssertionError);
  await api.stop();
});
