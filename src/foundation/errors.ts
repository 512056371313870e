/**
 * Every `extensions.code` that a client can meet, with the HTTP status of an answer that holds nothing else.
 * The list is closed: a client can switch over it.
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

/** Every code of a server with its HTTP status, those of added features among them. */
export type ErrorCodes = ReadonlyMap<unknown, number>;

export const ownErrorCodes: ErrorCodes = new Map(Object.entries(statusOfCode));

/** Whether `code` is one of ours. */
export function isErrorCode(code: unknown): code is OwnErrorCode {
  return ownErrorCodes.has(code);
}

/**
 * An error that the caller may see: its message, code and details go out word for word, so none of them may
 * hold a secret or a submitted value.
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
    this.details = worthAnotherTry.has(code) ? { retryAfterSeconds: 1, ...details } : details;
  }
}

/** Codes that say when to try again, in the details and in the header Retry-After. */
const worthAnotherTry: ReadonlySet<ErrorCode> = new Set(["TIMEOUT", "SERVICE_UNAVAILABLE"]);

/** One broken rule of an input: where (`["input", "title"]`) and what is asked for, never the value. */
export type InputIssue = { readonly path: readonly (string | number)[]; readonly message: string };

// A form shows the message; who has more broken rules than fit reads the issues.
const issuesInMessage = 5;

/** `BAD_USER_INPUT` with every broken rule at once: all as issues, the first few in the message too. */
export function badUserInput(issues: readonly InputIssue[]): KnownError {
  const lines = issues.slice(0, issuesInMessage).map(({ path, message }) => {
    // Every input is an argument of this name, which tells nothing.
    const field = (path[0] === "input" ? path.slice(1) : path).join(".");
    return field === "" ? message : `${field}: ${message}`;
  });
  const more = issues.length > issuesInMessage ? ` and ${issues.length - issuesInMessage} more` : "";
  const message = lines.length === 0 ? "The input breaks a rule" : lines.join("; ") + more;
  return new KnownError("BAD_USER_INPUT", message, { issues });
}
