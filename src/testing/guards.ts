import { AssertionError } from "node:assert";

import type { GraphQLSchema } from "graphql";

import { makeSchema } from "../graphql/schema.js";
import { expectations } from "./assertions.js";
import type { TestAccount } from "./account.js";
import type { TestServer } from "./test-server.js";

/** How a caller can fail to be a viewer, and what it is told. */
const states = [
  ["TOKEN_MISSING", () => undefined],
  ["TOKEN_INVALID", ({ tokens }: TestAccount) => tokens.tampered()],
  ["TOKEN_INVALID", ({ tokens }: TestAccount) => tokens.ofAnotherKey()],
  ["TOKEN_EXPIRED", ({ tokens }: TestAccount) => tokens.expired()],
] as const;

/**
 * Sends each operation with every bad credential, that of a session that has ended among them, and expects the one
 * refusal. Expects too that every root field of the application is among them, so that none is forgotten.
 *
 * @param operations an operation for each root field that needs a session, by the field's name.
 * @param open the names of those that need none.
 * @throws AssertionError with a line for each field that is missing, and for each answer that is something else.
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
