import type { GraphQLFormattedError } from "graphql";

import type { Auth } from "../kit/auth.js";
import type { KnownError } from "../foundation/errors.js";
import type { LabelledOperation } from "../foundation/metrics/operation-label.js";
import type { Failure, OperationKind } from "./operation-context.js";

/** The result of an operation, as plain data: the response, the log, metrics and tracing are made of it. */
export type Outcome = LabelledOperation & {
  /** Undefined if the operation isn't known, because its document can't be used. */
  readonly kind: OperationKind | undefined;
  /** The key under which the caller is queued and limited; undefined without a context. */
  readonly clientKey: string | undefined;
  /** The state of the credential; undefined if it could not be looked up. */
  readonly auth: Auth | undefined;
  readonly traceId: string | undefined;
  /** The single error code that the whole result comes down to, with its HTTP status. Undefined if there is none. */
  readonly failure: Failure | undefined;
  readonly errors: readonly GraphQLFormattedError[] | undefined;
  /** Whether the result has `data`, even if it is null. */
  readonly hasData: boolean;
  /** The result as JSON, in pieces. */
  readonly body: readonly (string | Buffer)[];
};

/** Returns the result as one JSON text, for connections that put other text around it. */
export const jsonOf = ({ body }: Pick<Outcome, "body">): string => body.join("").trimEnd();

/** Returns the code and the details of the first error; undefined if there is none. */
export function firstError({ errors }: Pick<Outcome, "errors">): FirstError | undefined {
  return errors?.[0]?.extensions as FirstError | undefined;
}

export type FirstError = { readonly code: string; readonly reason?: string; readonly [detail: string]: unknown };

/** Returns an operation's outcome if it failed as a whole: `errors` with a single error, and nothing else. */
export function failed(
  error: GraphQLFormattedError,
  status: number,
  known: Omit<Outcome, "failure" | "errors" | "hasData" | "body">,
): Outcome {
  const { code } = error.extensions as unknown as Failure;
  return {
    ...known,
    failure: { code, status },
    errors: [error],
    hasData: false,
    body: [JSON.stringify({ errors: [error] })],
  };
}

/** Returns a known error as it is sent to clients. */
export const formatted = ({ message, code, details }: KnownError): GraphQLFormattedError => ({
  message,
  extensions: { code, ...details },
});
