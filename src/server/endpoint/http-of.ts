import type { Auth } from "../../kit/auth.js";
import { firstError, type FirstError, type Outcome } from "../../graphql/outcome.js";
import { graphqlResponseJson, json, type Acceptance } from "./media-type.js";

/** The status and the headers of a response that has an outcome as its body. */
export type HttpHead = {
  readonly status: number;
  /** The words of a status that Node doesn't know. */
  readonly statusText?: string;
  readonly type: string;
  /** Other headers than Content-Type. */
  readonly headers: Readonly<Record<string, string>>;
};

/** The outcome as far as the response's head depends on it. */
export type Answered = Pick<Outcome, "auth" | "errors" | "failure" | "hasData"> & {
  /** Whether the request was rejected before it was read as a GraphQL request. */
  readonly isNoRequest?: boolean;
};

/** The status of a result with both data and errors, by the draft of GraphQL over HTTP. */
const partialSuccess = { status: 294, statusText: "Partial Success" };

/**
 * Returns the status and the headers of a response (docs/http.md).
 *
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Response
 */
export function httpOf(answered: Answered, accept: Acceptance): HttpHead {
  const type = accept.namesNewType ? graphqlResponseJson : json;
  if (answered.errors === undefined) return { status: 200, type, headers: {} };
  return { ...statusOf(answered, accept), type, headers: headersOf(answered) };
}

function statusOf(
  { failure, hasData, isNoRequest }: Answered,
  accept: Acceptance,
): Pick<HttpHead, "status" | "statusText"> {
  if (failure !== undefined) {
    const isKept = isNoRequest === true || notGraphql.has(failure.code) || !accept.onlyJson;
    return { status: isKept ? failure.status : 200 };
  }
  // A request that is wrong in more than one way.
  if (!hasData) return { status: accept.onlyJson ? 200 : 400 };
  return accept.namesNewType ? partialSuccess : { status: 200 };
}

/** The codes of requests that never became GraphQL requests. Their status doesn't depend on what the client accepts. */
const notGraphql: ReadonlySet<string> = new Set([
  "BAD_REQUEST",
  "METHOD_NOT_ALLOWED",
  "NOT_ACCEPTABLE",
  "UNSUPPORTED_MEDIA_TYPE",
]);

function headersOf({ auth, errors, failure, isNoRequest }: Answered): Record<string, string> {
  const isWrongMethod = errors?.some(({ extensions }) => extensions?.["code"] === "METHOD_NOT_ALLOWED") === true;
  const allow = isWrongMethod && isNoRequest !== true ? { allow: "POST" } : {};
  if (failure === undefined || failure.status === 200) return allow;
  const { reason, retryAfterSeconds }: Partial<FirstError> = firstError({ errors }) ?? {};
  return {
    ...(typeof retryAfterSeconds === "number" && { "retry-after": String(retryAfterSeconds) }),
    ...(failure.code === "UNAUTHENTICATED" && { "www-authenticate": challenge(auth, String(reason)) }),
    // RFC 9110, section 15.5.16: tells a client that compressed its body that no encoding is accepted.
    ...(failure.code === "UNSUPPORTED_MEDIA_TYPE" && { "accept-encoding": "identity" }),
    ...allow,
  };
}

/** Returns the header WWW-Authenticate (RFC 6750, section 3). It has the reason unless there was no token. */
export function challenge(auth: Auth | undefined, reason: string): string {
  const isOtherScheme = auth?.state === "invalid" && auth.isOtherScheme === true;
  const description = isOtherScheme ? otherScheme : descriptions[reason];
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
