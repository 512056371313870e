import { AssertionError } from "node:assert";

import type { GraphQLSchema } from "graphql";

import { makeSchema } from "../graphql/schema.js";
import { expectations } from "./assertions.js";
import type { TestAccount } from "./account.js";
import type { TestServer } from "./test-server.js";

/** The ways to send a bad credential, and the reason that each gets. */
const states = [
  ["TOKEN_MISSING", () => undefined],
  ["TOKEN_INVALID", ({ tokens }: TestAccount) => tokens.tampered()],
  ["TOKEN_INVALID", ({ tokens }: TestAccount) => tokens.ofAnotherKey()],
  ["TOKEN_EXPIRED", ({ tokens }: TestAccount) => tokens.expired()],
] as const;

/**
 * Sends each operation with every bad credential, including that of an ended session, and expects the same error. Expects
 * too that every root field of the application is covered.
 *
 * @param operations an operation for each root field that needs a session, by the field's name.
 * @param open the names of root fields that need no session.
 * @throws AssertionError with a line for each missing field and for each other answer.
 */
export async function assertGuarded(
  api: TestServer,
  operations: Readonly<Record<string, string>>,
  { open = [] }: { readonly open?: readonly string[] } = {},
): Promise<void> {
  const own = rootFieldsOf(makeSchema());
  const added = [...rootFieldsOf(api.schema)].filter((name) => !own.has(name));
  const problems = added
    .filter((name) => !(name in operations) && !open.includes(name))
    .map((name) => `${name}: give an operation with it, or name it among those that are open`);
  const account = await api.as("Somebody whose session ends");
  const ended = await api.as("Somebody whose session ends");
  await endSession(api, ended);
  for (const [name, query] of Object.entries(operations)) {
    for (const [reason, token] of [...states, ["SESSION_REVOKED", () => ended.token] as const]) {
      const answer = await api.send(query, { token: token(account) });
      const { pass, found } = expectations.unauthenticated(answer, reason);
      if (!pass) problems.push(`${name} with ${reason}: ${found}`);
    }
  }
  if (problems.length > 0) throw new AssertionError({ message: problems.join("\n") });
}

function rootFieldsOf(schema: GraphQLSchema): Set<string> {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return new Set(types.flatMap((type) => Object.keys(type?.getFields() ?? {})));
}

async function endSession({ send }: TestServer, { sessionId, token }: TestAccount): Promise<void> {
  const revoke = "mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }";
  const { body, text } = await send(revoke, { token, variables: { input: { sessionId } } });
  if (body.errors !== undefined) throw new Error(`the session was not ended: ${text}`);
}
