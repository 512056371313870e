// No types of OpenTelemetry: these are part of the package's API, and OpenTelemetry is only installed for tracing.

/** The code of the first error of a response. */
type Code = string | undefined;

/** The description of an operation in its span. */
export type TracedOperation = {
  readonly operationName: string | undefined;
  readonly kind: "query" | "mutation" | "subscription" | undefined;
  readonly rootFieldNames: readonly string[];
};

/** A statement that has run, with `?` for each of its values. */
export type RunStatement = { readonly text: string; readonly milliseconds: number; readonly hasFailed: boolean };

/** The span of a transaction, from the request for it to the end of its commit. */
export type TransactionSpan = {
  readonly ran: (statement: RunStatement) => void;
  readonly end: (error?: unknown) => void;
};

/** The span of an operation. */
export type OperationSpan = {
  readonly traceId: string;
  /** Runs the operation, so that spans which are started within it are children of this one. */
  readonly run: <Result>(work: () => Result) => Result;
  /**
   * Starts the span of a statement.
   *
   * @param system the database system's name in the conventions.
   * @param text the statement, with placeholders instead of values.
   * @returns a function that ends the span.
   */
  readonly statement: (system: string, text: string) => (error?: unknown) => void;
  readonly transaction: (system: string) => TransactionSpan;
  readonly end: (operation: TracedOperation | undefined, code: Code) => void;
};

/** The span of an HTTP request. */
export type RequestSpan = {
  readonly traceId: string;
  readonly operation: () => OperationSpan;
  /** @param answered `route` and `status` are undefined if there was none. */
  readonly end: (answered: {
    readonly route: string | undefined;
    readonly status: number | undefined;
    readonly code: Code;
  }) => void;
};

/** Starts spans, and sends them. */
export type Tracing = {
  /** Starts the span of a request, within the trace that its headers name. */
  readonly request: (request: {
    readonly method: string;
    readonly path: string;
    readonly scheme: string;
    readonly httpVersion: string;
    readonly headers: object;
  }) => RequestSpan;
  /** Starts the span of an operation that has no request of its own. */
  readonly operation: () => OperationSpan;
  /** Sends the spans that wait to be sent. */
  readonly flush: () => Promise<void>;
};
