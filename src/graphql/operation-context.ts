import type { Context } from "../kit/context.js";
import type { ErrorCode } from "../foundation/errors.js";
import type { OperationSpan } from "../foundation/tracing/span.js";
import type { PlacedJson } from "./placed-json.js";
import type { RootFieldLog } from "./root-field-log.js";
import type { OnUndeclaredCode } from "./undeclared-codes.js";

/** A context with the state of its operation, which features don't see. */
export type OperationContext = Context & { readonly operation: Operation };

export type OperationKind = "query" | "mutation" | "subscription";

/** The state of an operation that is being executed. */
export type Operation = {
  /** The key under which the caller is queued and limited: the user id, or the IP address if nobody is signed in. */
  readonly clientKey: string;
  /** The tracing span, if tracing is on. Whoever starts the operation ends it. */
  readonly span: OperationSpan | undefined;
  /** Undefined if the caller takes values and no JSON. */
  readonly json: PlacedJson | undefined;
  readonly rootFields: RootFieldLog;
  readonly onUndeclaredCode: OnUndeclaredCode;
  /** Returns the largest size in bytes that the response can have by what was counted so far. */
  readonly atMost: () => number;
  /** Stops the time limit. Call it when the operation is over. */
  readonly end: () => void;

  // Known once the document is.
  name: string | undefined;
  kind: OperationKind | undefined;
  rootFieldNames: readonly string[];
  /** The single error code that the whole result comes down to, with its HTTP status. Undefined if there is none. */
  failure: Failure | undefined;
};

export type Failure = { readonly code: ErrorCode; readonly status: number };
