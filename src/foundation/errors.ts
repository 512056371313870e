/**
 * Every `extensions.code` that a client can receive, with the HTTP status of a response without any data. The list is
 * closed: a client can switch over it.
 */
export const statusOfCode = {
  UNAUTHENTICATED: 401,
  INVALID_CREDENTIALS: 200,
  INVALID_REFRESH_TOKEN: 200,
  FORBIDDEN: 200,
  NOT_FOUND: 200,
  BAD_USER_INPUT: 200,
  CONFLICT: 200,
  TOO_MANY_ATTEMPTS: 429,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 422,
  OPERATION_RESOLUTION_FAILURE: 422,
  QUERY_TOO_COMPLEX: 422,
  BAD_REQUEST: 400,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TIMEOUT: 503,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
} as const;

export type OwnErrorCode = keyof typeof statusOfCode;

/**
 * The codes of an application's own features, named here for the compiler:
 * `declare module "postern" { interface AddedErrorCodes { SHELF_FULL: true } }`.
 */
// oxlint-disable-next-line typescript/consistent-type-definitions, typescript/no-empty-object-type -- to be added to
export interface AddedErrorCodes {}

export type ErrorCode = OwnErrorCode | keyof AddedErrorCodes;

/** Every code of a server, including those of added features, with its HTTP status. */
export type ErrorCodes = ReadonlyMap<unknown, number>;

export const ownErrorCodes: ErrorCodes = new Map(Object.entries(statusOfCode));

/** Reports whether `code` is one of our own. */
export function isErrorCode(code: unknown): code is OwnErrorCode {
  return ownErrorCodes.has(code);
}

/**
 * An error that the client receives. Its message, code and details are sent as they are, so none of them may contain a
 * secret or a submitted value.
 */
export class KnownError extends Error {
  override readonly name = "KnownError";
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.details = retryableCodes.has(code) ? { retryAfterSeconds: 1, ...details } : details;
  }
}

/** The codes of errors that say when to try again, in the details and in the header Retry-After. */
const retryableCodes: ReadonlySet<ErrorCode> = new Set(["TIMEOUT", "SERVICE_UNAVAILABLE"]);

/** A rule that an input breaks: the path (`["input", "title"]`) and the rule, never the value. */
export type InputIssue = { readonly path: readonly (string | number)[]; readonly message: string };

// A form shows the message; all issues are in the details.
const maxIssuesInMessage = 5;

/** Makes a `BAD_USER_INPUT` with all broken rules as issues, and the first few in the message. */
export function badUserInput(issues: readonly InputIssue[]): KnownError {
  const lines = issues.slice(0, maxIssuesInMessage).map(({ path, message }) => {
    // Every input is an argument of this name, so it adds nothing.
    const field = (path[0] === "input" ? path.slice(1) : path).join(".");
    return field === "" ? message : `${field}: ${message}`;
  });
  const more = issues.length > maxIssuesInMessage ? ` and ${issues.length - maxIssuesInMessage} more` : "";
  const message = lines.length === 0 ? "The input breaks a rule" : lines.join("; ") + more;
  return new KnownError("BAD_USER_INPUT", message, { issues });
}
