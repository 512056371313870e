import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { KnownError, ownErrorCodes, type ErrorCode } from "../../../src/foundation/errors.js";
import { formatted } from "../../../src/graphql/outcome.js";
import { httpOf, type Answered } from "../../../src/server/endpoint/http-of.js";
import { readAccept } from "../../../src/server/endpoint/media-type.js";

const page = readFileSync("docs/http.md", "utf8");

/** The rows of a table of the page, whose head begins with `first`. */
const rowsOf = (first: string): string[][] =>
  page
    .slice(page.indexOf(`| ${first}`))
    .split("\n\n", 1)[0]!
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const accepts: Readonly<Record<string, string | undefined>> = {
  "`application/json`": "application/json",
  "`application/graphql-response+json`": "application/graphql-response+json",
  both: "application/graphql-response+json, application/json;q=0.9",
  "`*/*`": "*/*",
  "no Accept": undefined,
};
const typeNames: Readonly<Record<string, string>> = {
  "application/json; charset=utf-8": "json",
  "application/graphql-response+json; charset=utf-8": "new",
};

const failedWith = (code: ErrorCode, status = ownErrorCodes.get(code)!): Answered => ({
  auth: { state: "anonymous" },
  errors: [formatted(new KnownError(code, "No"))],
  failure: { code, status },
  hasData: false,
});
const succeeded: Answered = { auth: { state: "anonymous" }, errors: undefined, failure: undefined, hasData: true };

const answers: Readonly<Record<string, Answered>> = {
  success: succeeded,
  "partly answered": { ...failedWith("UNAUTHENTICATED"), failure: undefined, hasData: true },
  "credential refused": failedWith("UNAUTHENTICATED"),
  "bad JSON": failedWith("BAD_REQUEST"),
  "the document doesn't parse": failedWith("GRAPHQL_PARSE_FAILED"),
  "the document doesn't validate": failedWith("GRAPHQL_VALIDATION_FAILED"),
  "the variables don't fit": failedWith("BAD_USER_INPUT", 422),
  "internal error": failedWith("INTERNAL_SERVER_ERROR"),
};

const [head, , ...rows] = rowsOf("the request");

test.each(rows)("%s: every cell of the page's table", (name, ...cells) => {
  const found = head!.slice(1).map((accept) => {
    const { status, type } = httpOf(answers[name]!, readAccept(accepts[accept]));
    return `${status} ${typeNames[type]}`;
  });
  expect(found).toEqual(cells);
});

test("a request that is wrong in more than one way", () => {
  const answered = { ...failedWith("GRAPHQL_VALIDATION_FAILED"), failure: undefined };
  expect(httpOf(answered, readAccept("*/*")).status).toBe(400);
  expect(httpOf(answered, readAccept("application/json")).status).toBe(200);
});

test("a code whose status is 200 has no headers of its own", () => {
  const found = httpOf(failedWith("NOT_FOUND"), readAccept("application/graphql-response+json"));
  expect(found).toEqual({
    status: 200,
    type: "application/graphql-response+json; charset=utf-8",
    headers: {},
  });
});

describe("a request that never became GraphQL", () => {
  const errors = rowsOf("what ").slice(2);
  const codes = errors.flatMap(([, status, code]) => {
    const name = /`([A-Z_]+)`/.exec(code!)?.[1] as ErrorCode | undefined;
    return name === undefined ? [] : [{ status: Number(status), code: name }];
  });
  test.each(codes)("$code: $status, whatever the client accepts", ({ status, code }) => {
    for (const accept of Object.values(accepts))
      expect(httpOf({ ...failedWith(code, status), isNoRequest: true }, readAccept(accept)).status).toBe(status);
  });
});

describe("headers", () => {
  const headersOf = (code: ErrorCode, details = {}, auth: Answered["auth"] = { state: "anonymous" }) => {
    const errors = [formatted(new KnownError(code, "No", details))];
    const answered = { ...failedWith(code), errors, auth };
    return httpOf(answered, readAccept("application/json")).headers;
  };
  test.each([
    ["TOO_MANY_ATTEMPTS", { retryAfterSeconds: 30 }, { "retry-after": "30" }],
    ["SERVICE_UNAVAILABLE", {}, { "retry-after": "1" }],
    ["UNSUPPORTED_MEDIA_TYPE", {}, { "accept-encoding": "identity" }],
    ["METHOD_NOT_ALLOWED", {}, { allow: "POST" }],
    ["UNAUTHENTICATED", { reason: "TOKEN_MISSING" }, { "www-authenticate": 'Bearer realm="postern"' }],
    [
      "UNAUTHENTICATED",
      { reason: "TOKEN_EXPIRED" },
      {
        "www-authenticate":
          'Bearer realm="postern", error="invalid_token", error_description="The access token expired"',
      },
    ],
  ] as const)("%s with %o", (code, details, headers) => {
    expect(headersOf(code, details)).toEqual(headers);
  });
  test("a credential of another scheme is told which one to use", () => {
    const headers = headersOf(
      "UNAUTHENTICATED",
      { reason: "TOKEN_INVALID" },
      { state: "invalid", isOtherScheme: true },
    );
    expect(headers["www-authenticate"]).toContain("must be Bearer");
  });
});
