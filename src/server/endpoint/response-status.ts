import type { ApolloServerPlugin, GraphQLResponse } from "@apollo/server";
import type { FormattedExecutionResult } from "graphql";

import type { Auth } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import type { ErrorCode, ErrorCodes } from "../../foundation/errors.js";
import { readAccept, type Acceptance } from "./media-type.js";
import { variableIssuesBeside } from "./variable-issues-beside.js";
import { codeOfWhole } from "../../graphql/whole-outcome.js";

/** What the draft of GraphQL over HTTP has for an answer with both data and errors. */
export const partialSuccess = 294;

/** Gives an answer the HTTP status, and the headers, of what it says. */
export const answerStatus = (codes: ErrorCodes): ApolloServerPlugin<Context> => ({
  async requestDidStart() {
    return {
      async willSendResponse(answered) {
        const { response, request, contextValue } = answered;
        if (response.body.kind !== "single") return;
        const result = response.body.singleResult;
        response.http.status = 200;
        // The route says how long an answer may be kept, for all of them alike.
        response.http.headers.delete("cache-control");
        if (result.errors === undefined) return;
        result.errors = [...result.errors, ...variableIssuesBeside(result.errors, answered)];

        const accept = readAccept(request.http?.headers.get("accept"));
        const code = await codeOfWhole(result, answered, codes);
        if (code === undefined) {
          response.http.status = statusOfSeveral(result, accept);
          return;
        }
        // Input that broke its type is told apart from input that broke a rule by no resolver having been begun.
        const unprocessable = code === "BAD_USER_INPUT" && contextValue.outcome.rootFields.length === 0;
        const status = unprocessable ? 422 : codes.get(code)!;
        if (status === 200) return;
        // Nothing was done, so the answer is a request error, which has no data (GraphQL specification, 7.1).
        delete result.data;
        if (notGraphql.has(code) || !accept.onlyJson) response.http.status = status;
        addCodeHeaders(code, result, response, contextValue.auth);
      },
    };
  },
});

/** What never became a GraphQL request keeps its status whatever the client accepts. */
const notGraphql: ReadonlySet<ErrorCode> = new Set([
  "BAD_REQUEST",
  "METHOD_NOT_ALLOWED",
  "NOT_ACCEPTABLE",
  "UNSUPPORTED_MEDIA_TYPE",
]);

/** The status of an answer that no one code says: part of it was done, or the request is wrong in more than one way. */
function statusOfSeveral({ data }: FormattedExecutionResult, accept: Acceptance): number {
  if (data === undefined) return accept.onlyJson ? 200 : 400;
  return accept.namesNewType ? partialSuccess : 200;
}

function addCodeHeaders(
  code: ErrorCode,
  { errors }: FormattedExecutionResult,
  { http }: GraphQLResponse,
  auth: Auth,
): void {
  const { reason, retryAfterSeconds } = errors?.[0]?.extensions ?? {};
  if (typeof retryAfterSeconds === "number") http.headers.set("retry-after", String(retryAfterSeconds));
  if (code === "UNAUTHENTICATED") http.headers.set("www-authenticate", challenge(auth, String(reason)));
}

/** The header WWW-Authenticate for a refusal (RFC 6750, section 3): why the token was refused, unless there was none. */
export function challenge(auth: Auth, reason: string): string {
  const description = auth.state === "invalid" && auth.isOtherScheme === true ? otherScheme : descriptions[reason];
  const cause = description === undefined ? "" : `, error="invalid_token", error_description="${description}"`;
  return `Bearer realm="postern"${cause}`;
}

const otherScheme = "The Authorization header must be Bearer, a space and the access token";

const descriptions: Readonly<Record<string, string>> = {
  TOKEN_INVALID: "The access token is not valid",
  TOKEN_EXPIRED: "The access token expired",
  USER_GONE: "The user no longer exists",
  SESSION_REVOKED: "The session has ended",
};
