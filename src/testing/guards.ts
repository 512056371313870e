import { AssertionError } from "node:assert";

import { declarationsOf, type DeclaredField } from "../graphql/declarations.js";
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
 * Sends each operation with every bad credential, and expects what its root field declares: the same refusal of all, or
 * none if the field needs no credential. One of them is that of an ended session. Expects too that every root field of the
 * application that needs a credential is covered.
 *
 * @param operations an operation for each root field, by the field's name.
 * @throws AssertionError with a line for each missing field and for each other answer.
 */
export async function assertGuarded(api: TestServer, operations: Readonly<Record<string, string>>): Promise<void> {
  const own = new Set(declarationsOf(makeSchema()).map(({ field }) => field));
  const needs = new Map(declarationsOf(api.schema).map((declared) => [nameOf(declared), declared.needs]));
  const problems = declarationsOf(api.schema)
    .filter((declared) => !own.has(declared.field) && declared.needs !== "none" && !(nameOf(declared) in operations))
    .map((declared) => `${nameOf(declared)}: give an operation with it, or declare it @Needs("none")`);
  const account = await api.as("Somebody whose session ends");
  const ended = await api.as("Somebody whose session ends");
  await endSession(api, ended);
  const isPublic = await hasPublicReads(api);
  for (const [name, query] of Object.entries(operations)) {
    for (const [reason, token] of [...states, ["SESSION_REVOKED", () => ended.token] as const]) {
      const answer = await api.send(query, { token: token(account) });
      const isRefused = expectations.unauthenticated(answer, reason);
      const need = needs.get(name);
      const isOpen = need === "none" || (need === "reader" && isPublic && reason === "TOKEN_MISSING");
      if (isRefused.pass === isOpen) problems.push(`${name} with ${reason}: ${isRefused.found}`);
    }
  }
  if (problems.length > 0) throw new AssertionError({ message: problems.join("\n") });
}

const nameOf = ({ field }: DeclaredField): string => field.slice(field.indexOf(".") + 1);

async function hasPublicReads({ server }: TestServer): Promise<boolean> {
  const { settings, operation } = await server.createContext({ authorization: [], userAgent: null, address: null });
  operation.end();
  return settings.publicReads;
}

async function endSession({ send }: TestServer, { sessionId, token }: TestAccount): Promise<void> {
  const revoke = "mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }";
  const { body, text } = await send(revoke, { token, variables: { input: { sessionId } } });
  if (body.errors !== undefined) throw new Error(`the session was not ended: ${text}`);
}
