import type { ApolloServerPlugin, GraphQLResponse } from "@apollo/server";
import { OperationTypeNode, visit, type DocumentNode, type GraphQLFormattedError } from "graphql";

import type { Context } from "../context.js";
import { badUserInput, isErrorCode, KnownError, statusOfCode, type ErrorCode } from "../errors.js";
import { graphqlResponseJson, readAccept } from "./accept.js";
import { credentialFieldNames, credentialFields } from "./credential-fields.js";
import { variableIssues } from "./variable-issues.js";

/**
 * What Apollo Server leaves to do around an operation: refuse one whose execution would answer with less care, and
 * give the answer the HTTP status of what it says.
 */
export const operationPlugin: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    let executed = false;
    return {
      async didResolveOperation({ document, operation, operationName, request, schema, contextValue }) {
        contextValue.course.operationName = operationName ?? undefined;
        // None by that name: execution says so.
        if (operation === undefined) return;
        if (operation.operation === OperationTypeNode.SUBSCRIPTION && schema.getSubscriptionType() == null)
          throw new KnownError("GRAPHQL_VALIDATION_FAILED", "There are no subscriptions");
        if (credentialFields(document, operation) > 1)
          throw new KnownError(
            "QUERY_TOO_COMPLEX",
            `An operation may have one of ${[...credentialFieldNames].join(", ")}, and only once`,
          );
        const issues = variableIssues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
        if (issues.length > 0) throw badUserInput(issues);
      },
      async executionDidStart() {
        executed = true;
      },
      async willSendResponse({ response, request, document, contextValue }) {
        if (response.body.kind !== "single") return;
        const result = response.body.singleResult;
        const code = await codeOfWhole(result.errors, document, contextValue);
        const accept = readAccept(request.http?.headers.get("accept"));
        response.http.status = 200;
        if (code === undefined) return;

        const status = code === "BAD_USER_INPUT" && !executed ? 422 : statusOfCode[code];
        if (status === 200) return;
        // Nothing was done, so the answer is a request error, which has no data (GraphQL specification, 7.1).
        delete result.data;
        if (notGraphql.has(code) || !accept.onlyJson) response.http.status = status;
        // A client that reads both types takes a 401 in plain JSON for a broken transport, and never sees the code.
        if (accept.namesNewType) response.http.headers.set("content-type", graphqlResponseJson);
        if (code === "UNAUTHENTICATED") challenge(response, result.errors![0]!);
        if (code === "TOO_MANY_ATTEMPTS")
          response.http.headers.set("retry-after", String(result.errors![0]!.extensions?.["retryAfterSeconds"]));
      },
    };
  },
};

/** What never became a GraphQL request keeps its status whatever the client accepts. */
const notGraphql: ReadonlySet<ErrorCode> = new Set(["BAD_REQUEST", "METHOD_NOT_ALLOWED", "UNSUPPORTED_MEDIA_TYPE"]);

/**
 * The one code that the whole answer comes down to: no root field gave an answer, and all failed alike. Execution ends
 * at the first null that reaches `data`, so fields begun beside it may still be under way: they are waited for.
 */
async function codeOfWhole(
  errors: readonly GraphQLFormattedError[] = [],
  document: DocumentNode | undefined,
  { course }: Context,
): Promise<ErrorCode | undefined> {
  const [code, ...others] = new Set(errors.map((error) => error.extensions?.["code"]));
  if (!isErrorCode(code) || others.length > 0) return undefined;
  if (document !== undefined && asksForSchema(document)) return undefined;
  const outcomes = await Promise.allSettled(course.rootFields);
  const alike = outcomes.every(
    (outcome) =>
      outcome.status === "rejected" && (!(outcome.reason instanceof KnownError) || outcome.reason.code === code),
  );
  return alike ? code : undefined;
}

/** Introspection answers beside whatever else is asked, and has no resolver of ours that could note it. */
function asksForSchema(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field({ name }) {
      found ||= name.value === "__schema" || name.value === "__type";
    },
  });
  return found;
}

/** RFC 6750, section 3: why the token was refused, unless there was none. */
function challenge({ http }: GraphQLResponse, { extensions }: GraphQLFormattedError): void {
  const parameters = ['realm="postern"'];
  const description = descriptions[String(extensions?.["reason"])];
  if (description !== undefined) parameters.push('error="invalid_token"', `error_description="${description}"`);
  http.headers.set("www-authenticate", `Bearer ${parameters.join(", ")}`);
}

const descriptions: Readonly<Record<string, string>> = {
  TOKEN_INVALID: "The access token is not valid",
  TOKEN_EXPIRED: "The access token expired",
  USER_GONE: "The user no longer exists",
  SESSION_REVOKED: "The session has ended",
};
