// Nothing of OpenTelemetry: these are types of the package too, and whoever traces nothing hasn't installed it.

/** The first trouble of an answer, as far as it is told. */
type Code = string | undefined;

/** An operation as its span describes it. */
export type Traced = {
  readonly operationName: string | undefined;
  readonly kind: "query" | "mutation" | "subscription" | undefined;
  readonly rootFieldNames: readonly string[];
};

/** A statement that has been run, with `?` for each of its values. */
export type RunStatement = { readonly text: string; readonly milliseconds: number; readonly hasFailed: boolean };

/** The span of a transaction, from when it is wanted to the end of its commit. */
export type TransactionSpan = {
  readonly ran: (statement: RunStatement) => void;
  readonly end: (error?: unknown) => void;
};

/** The span of an operation. */
export type OperationSpan = {
  readonly traceId: string;
  /** Runs the operation so that spans which others begin meanwhile are parts of this one. */
  readonly run: <Result>(work: () => Result) => Result;
  /**
   * Begins the span of a statement that is run now.
   *
   * @param system as the conventions name it.
   * @param text with placeholders in place of values.
   * @returns what ends it.
   */
  readonly statement: (system: string, text: string) => (error?: unknown) => void;
  readonly transaction: (system: string) => TransactionSpan;
  readonly end: (operation: Traced | undefined, code: Code) => void;
};

/** The span of an HTTP request. */
export type RequestSpan = {
  readonly traceId: string;
  readonly operation: () => OperationSpan;
  /** @param answered `route` and `status` are undefined where there was none. */
  readonly end: (answered: {
    readonly route: string | undefined;
    readonly status: number | undefined;
    readonly code: Code;
  }) => void;
};

/** Where what is traced goes. */
export type Tracing = {
  /** Begins the span of a request, within the trace that its headers name. */
  readonly request: (request: {
    readonly method: string;
    readonly path: string;
    readonly scheme: string;
    readonly httpVersion: string;
    readonly headers: object;
  }) => RequestSpan;
  /** Begins the span of an operation that came in no request of its own. */
  readonly operation: () => OperationSpan;
  /** Sends what waits to be sent. */
  readonly flush: () => Promise<void>;
};
