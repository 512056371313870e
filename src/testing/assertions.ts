import { AssertionError } from "node:assert";

import { describeIncident } from "./incidents.js";
import type { Answer } from "./transport.js";

type Reason = "TOKEN_MISSING" | "TOKEN_INVALID" | "TOKEN_EXPIRED" | "USER_GONE" | "SESSION_REVOKED";
/** The object of an assertion: an answer of the kit, or any result of a GraphQL operation. */
export type Result = Pick<Answer, "body"> | Answer["body"];

/** The verdict on an answer: whether it is as expected, and a description of it. */
type Finding = { readonly pass: boolean; readonly found: string };

const bodyOf = (result: Result): Answer["body"] => ("body" in result ? result.body : result);

function describe({ data, errors = [] }: Answer["body"]): string {
  if (errors.length === 0) return data === undefined ? "no GraphQL answer" : "an answer without errors";
  const lines = errors.map(({ message, path, extensions }) => {
    const { code, ...details } = extensions;
    const place = [code, path?.join(".")].filter(Boolean).join(" at ");
    return `  ${place}: ${message} ${JSON.stringify(details)}${describeIncident(details["incidentId"])}`;
  });
  return `errors:\n${lines.join("\n")}`;
}

/** The expectations of answers, each with its message. */
export const expectations = {
  /** Data, and no error. */
  success(result: Result): Finding {
    const { data, errors = [] } = bodyOf(result);
    return { pass: data != null && errors.length === 0, found: describe(bodyOf(result)) };
  },
  /** Errors with this code alone. */
  failure(result: Result, code: string): Finding {
    const { errors = [] } = bodyOf(result);
    const pass = errors.length > 0 && errors.every(({ extensions }) => extensions?.code === code);
    return { pass, found: describe(bodyOf(result)) };
  },
  /** The error for a bad credential, with this reason if one is named, and nothing else. */
  unauthenticated(result: Result, reason?: Reason): Finding {
    const { errors = [] } = bodyOf(result);
    const isFor = reason === undefined || errors.every(({ extensions }) => extensions["reason"] === reason);
    const { pass, found } = expectations.failure(result, "UNAUTHENTICATED");
    return { pass: pass && isFor, found };
  },
};

function check({ pass, found }: Finding, expected: string): void {
  if (!pass) throw new AssertionError({ message: `Expected ${expected}, and got ${found}` });
}

/**
 * Expects data, and no error. For test runners without matchers of their own, such as node:test.
 *
 * @throws AssertionError
 */
export const assertSucceeded = (result: Result): void => check(expectations.success(result), "success");

/**
 * Expects errors with this `extensions.code` alone.
 *
 * @throws AssertionError
 */
export const assertFailed = (result: Result, code: string): void => check(expectations.failure(result, code), code);

/**
 * Expects the error for a bad credential, and nothing else.
 *
 * @throws AssertionError
 */
export const assertUnauthenticated = (result: Result, reason?: Reason): void =>
  check(expectations.unauthenticated(result, reason), ["UNAUTHENTICATED", reason].filter(Boolean).join(" "));
