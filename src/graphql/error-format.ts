import { randomUUID } from "node:crypto";

import { GraphQLError, Kind, print, type GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";

import { classifyDatabaseError, isDatabaseAway } from "../database/database-error.js";
import type { RepeatedErrors } from "../foundation/repeated-errors.js";
import { badUserInput, isErrorCode, KnownError, type ErrorCodes, type OwnErrorCode } from "../foundation/errors.js";

/**
 * Returns the function that every error of an operation passes through: a known error is sent as it is, any other error
 * is logged whole and sent as an incident number. An error with an undeclared code is not a known one.
 *
 * @param logRepeated logs an error that many operations meet at a time.
 * @param onDatabaseError called for each error of the database.
 */
export function errorFormatter(
  log: Logger,
  logRepeated: RepeatedErrors,
  codes: ErrorCodes,
  onDatabaseError: (kind: NonNullable<ReturnType<typeof classifyDatabaseError>>) => void = () => {},
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return ({ locations, path }, error) => {
    const place = { ...(locations && { locations }), ...(path && { path }) };
    const known = knownErrorOf(error);
    if (known !== undefined && codes.has(known.code))
      return { message: known.message, ...place, extensions: { code: known.code, ...known.details } };

    const cause = causeOf(error);
    const kind = classifyDatabaseError(cause);
    if (kind !== undefined) onDatabaseError(kind);
    if (isDatabaseAway(cause)) {
      logRepeated(cause, "the database is away");
      const { code, message, details } = new KnownError("SERVICE_UNAVAILABLE", "The database is away for a moment");
      return { message, ...place, extensions: { code, ...details } };
    }
    const incidentId = randomUUID();
    log.error({ incidentId, path, hint: known && declarationOf(known.code), err: cause }, internalError);
    return { message: "Internal server error", ...place, extensions: { code: "INTERNAL_SERVER_ERROR", incidentId } };
  };
}

/** The message of the log line. */
export const internalError = "internal error";

/** Returns what an application has to add for an error with its own code to be sent as it is. */
const declarationOf = (code: string): string =>
  `no feature declares the code ${code}; add it to the feature's errorCodes, with its HTTP status: { ${code}: 200 }`;

/** Returns the error that GraphQL has wrapped, if it has. */
function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}

/** Returns the error as the caller may see it, if it is one of ours, or one that GraphQL or Apollo found in the request. */
function knownErrorOf(error: unknown): KnownError | undefined {
  const cause = causeOf(error);
  if (cause instanceof KnownError) return cause;
  if (!(error instanceof GraphQLError)) return undefined;
  const { message } = error;
  switch (requestErrorCode(error)) {
    case undefined:
      return nullArgument(error);
    case "GRAPHQL_PARSE_FAILED":
      if (/^Syntax Error: Document contains more tha[nt] \d+ tokens/.test(message))
        return new KnownError("QUERY_TOO_COMPLEX", `The document has more than ${/\d+/.exec(message)![0]} tokens`);
      return new KnownError("GRAPHQL_PARSE_FAILED", withoutTokens(message));
    case "GRAPHQL_VALIDATION_FAILED":
      return new KnownError("GRAPHQL_VALIDATION_FAILED", withoutLiterals(message, error));
    case "BAD_USER_INPUT":
      return badUserInput([]);
    case "METHOD_NOT_ALLOWED":
      return new KnownError(
        "METHOD_NOT_ALLOWED",
        "Only queries may be sent by GET; send mutations and subscriptions by POST",
      );
    case "UNSUPPORTED_MEDIA_TYPE":
      return new KnownError("UNSUPPORTED_MEDIA_TYPE", "A request's Content-Type must be application/json");
    case "OPERATION_RESOLUTION_FAILURE":
      return new KnownError(
        "OPERATION_RESOLUTION_FAILURE",
        "The document has no such operation, or several and no name",
      );
    default:
      return new KnownError("BAD_REQUEST", message.trim());
  }
}

/** Returns our code for an error that Apollo Server found in the request. */
function requestErrorCode({ extensions }: GraphQLError): OwnErrorCode | undefined {
  const { code, http } = extensions as { code?: string; http?: { status?: number } };
  if (http?.status === 405) return "METHOD_NOT_ALLOWED";
  if (http?.status === 415) return "UNSUPPORTED_MEDIA_TYPE";
  if (code === undefined || code === "INTERNAL_SERVER_ERROR") return undefined;
  if (code.startsWith("PERSISTED_QUERY_")) return "BAD_REQUEST";
  return isErrorCode(code) ? code : undefined;
}

/**
 * Returns our error for execution's own error about an argument: validation accepts a nullable variable with a default for
 * a required argument, and then the variable is null.
 */
function nullArgument(error: GraphQLError): KnownError | undefined {
  const argument = /^Argument "(\w+)" /.exec(error.message)?.[1];
  return argument === undefined ? undefined : badUserInput([{ path: [argument], message: "must not be null" }]);
}

/** Returns a syntax error without the text that it quotes, which may be a password in the wrong place. */
function withoutTokens(message: string): string {
  // Any other error of the parser is a full stack.
  if (!message.startsWith("Syntax Error: ")) return "Syntax Error: nested too deeply";
  return message
    .replace(/\b(Name|Int|Float|String|BlockString) "[\s\S]*/, "$1.")
    .replace(/((?:Invalid|Cannot parse)[\w ,]+):? "[\s\S]*/, "$1.");
}

/**
 * Returns a validation error without the literals that it quotes: the message about `password: 12345` would show the
 * password.
 */
function withoutLiterals(message: string, { nodes = [] }: GraphQLError): string {
  if (message.startsWith("GraphQL introspection has been disabled")) return "The schema can't be asked for here";
  return nodes
    .filter(({ kind }) => literalKinds.has(kind))
    .reduce((text, literal) => text.replaceAll(print(literal), "…"), message);
}

const literalKinds: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
]);
