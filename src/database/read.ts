import type { Signal } from "../foundation/fairness/deadline.js";
import type { OperationSpan } from "../foundation/tracing/span.js";

/**
 * The cost class of a statement: "indexed" statements follow an index to a few rows, "scan" statements may look at
 * every row of a table and must not keep the others waiting.
 */
export type Cost = "indexed" | "scan";

export type Read = {
  readonly cost: Cost;
  /** The queue is fair between client keys, however much one of them asks for. */
  readonly clientKey: string;
  /**
   * Whether the statement is short and returns at most one row, so that it may be batched with others of the same text.
   */
  readonly oneRow?: boolean;
  /** Ends the wait, and cancels the statement if it is running; its reason is thrown. */
  readonly signal?: Signal | undefined;
  /** The operation's span, if tracing is on. */
  readonly span?: OperationSpan | undefined;
};
