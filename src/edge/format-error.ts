import { randomUUID } from "node:crypto";

import { GraphQLError, Kind, print, type GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";

import { isDatabaseAway } from "../database.js";
import { isErrorCode, KnownError, type ErrorCode } from "../errors.js";

/** Codes of Apollo Server's own that stand for one of ours. */
const translated: Readonly<Record<string, ErrorCode>> = {
  PERSISTED_QUERY_NOT_FOUND: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_REQUEST",
};

/**
 * Makes the one door that errors leave through: a known one goes out as it is, anything else is logged whole and
 * goes out as an incident number.
 */
export function errorFormatter(
  log: Logger,
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return ({ message, locations, path }, error) => {
    const place = { ...(locations && { locations }), ...(path && { path }) };
    const cause = causeOf(error);
    if (cause instanceof KnownError) {
      return { message: cause.message, ...place, extensions: { code: cause.code, ...cause.details } };
    }
    if (isDatabaseAway(cause)) {
      log.error({ err: cause }, "the database is away");
      return { message: "The database is away for a moment", ...place, extensions: { code: "SERVICE_UNAVAILABLE" } };
    }
    const code = requestErrorCode(cause);
    if (code !== undefined) {
      return { message: withoutValues(message, cause as GraphQLError), ...place, extensions: { code } };
    }
    const incidentId = randomUUID();
    log.error({ incidentId, path, err: cause }, "internal error");
    return {
      message: "Internal server error",
      ...place,
      extensions: { code: "INTERNAL_SERVER_ERROR", incidentId },
    };
  };
}

/** What was thrown, where GraphQL has wrapped it on its way here. */
function causeOf(error: unknown): unknown {
  const original = error instanceof GraphQLError ? error.originalError : undefined;
  return original === undefined || original instanceof GraphQLError ? error : original;
}

/** Our code for an error that Apollo Server found in the request itself. */
function requestErrorCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const { code, http } = error.extensions as { code?: string; http?: { status?: number } };
  if (http?.status === 405) return "METHOD_NOT_ALLOWED";
  if (http?.status === 415) return "UNSUPPORTED_MEDIA_TYPE";
  if (code === undefined || code === "INTERNAL_SERVER_ERROR") return undefined;
  return isErrorCode(code) ? code : translated[code];
}

/**
 * The message of a validation error without the literals that it quotes: `password: 12345` is a mistake whose
 * message would show the password.
 */
function withoutValues(message: string, error: GraphQLError): string {
  for (const node of error.nodes ?? []) {
    const quoted = node.kind === Kind.OBJECT_FIELD || node.kind === Kind.ARGUMENT ? node.value : node;
    if (valueKinds.has(quoted.kind)) message = message.replaceAll(print(quoted), "…");
  }
  return message;
}

const valueKinds: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
]);
