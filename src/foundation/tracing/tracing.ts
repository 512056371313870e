import {
  context,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type TracerProvider,
} from "@opentelemetry/api";

import { systemClock } from "../clock.js";
import { ownErrorCodes } from "../errors.js";
import type { OperationSpan, Traced, Tracing, TransactionSpan } from "./span.js";
import { summaryOf } from "./statement-summary.js";

const longestName = 100;
const mostRootFields = 5;

/**
 * Begins to trace, by the semantic conventions of OpenTelemetry. No span has what a client has sent but the path and the
 * operation's name: no document, variable, header or value of a statement.
 *
 * @returns undefined where no SDK has been registered, so that nobody would see anything.
 */
export function openTracing(version: string): Tracing | undefined {
  const provider = registeredProvider();
  if (provider === undefined) return undefined;
  const tracer = trace.getTracer("postern", version);
  const begin = (name: string, kind: SpanKind, attributes: Attributes, within: Context, startTime?: number) =>
    tracer.startSpan(name, { kind, attributes, ...(startTime !== undefined && { startTime }) }, within);

  const beginStatement = (system: string, text: string, within: Context, startTime?: number): Span => {
    const summary = summaryOf(text);
    const attributes = { "db.system.name": system, "db.query.summary": summary, "db.query.text": text };
    return begin(summary, SpanKind.CLIENT, attributes, within, startTime);
  };
  const beginTransaction = (system: string, within: Context): TransactionSpan => {
    const span = begin("transaction", SpanKind.INTERNAL, { "db.system.name": system }, within);
    const inside = trace.setSpan(within, span);
    return {
      ran({ text, milliseconds, hasFailed }) {
        const end = systemClock().getTime();
        const statement = beginStatement(system, text, inside, end - milliseconds);
        if (hasFailed) statement.setStatus({ code: SpanStatusCode.ERROR });
        statement.end(end);
      },
      end: (error) => endWith(span, error),
    };
  };
  const beginOperation = (kind: SpanKind, within: Context): OperationSpan => {
    const span = begin("GraphQL Operation", kind, {}, within);
    const inside = trace.setSpan(within, span);
    return {
      traceId: span.spanContext().traceId,
      run: (work) => context.with(inside, work),
      statement(system, text) {
        const statement = beginStatement(system, text, inside);
        return (error) => endWith(statement, error);
      },
      transaction: (system) => beginTransaction(system, inside),
      end(operation, code) {
        if (operation !== undefined && operation.rootFieldNames.length > 0) describe(span, operation);
        noteCode(span, code);
        span.end();
      },
    };
  };

  return {
    request({ method, path, scheme, httpVersion, headers }) {
      const within = propagation.extract(ROOT_CONTEXT, headers);
      const attributes = {
        "http.request.method": method,
        "url.path": path,
        "url.scheme": scheme,
        "network.protocol.version": httpVersion,
      };
      const span = begin(method, SpanKind.SERVER, attributes, within);
      return {
        traceId: span.spanContext().traceId,
        operation: () => beginOperation(SpanKind.INTERNAL, trace.setSpan(within, span)),
        end({ route, status, code }) {
          if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute("http.route", route);
          if (status !== undefined) span.setAttribute("http.response.status_code", status);
          noteCode(span, status === undefined ? "aborted" : code);
          span.end();
        },
      };
    },
    operation: () => beginOperation(SpanKind.SERVER, ROOT_CONTEXT),
    flush: async () => provider.forceFlush?.(),
  };
}

type Provider = TracerProvider & { readonly forceFlush?: () => Promise<void> };

/** What was registered before the server started. OpenTelemetry has something that does nothing in its place. */
function registeredProvider(): Provider | undefined {
  const provider = trace.getTracerProvider();
  const registered = "getDelegate" in provider ? (provider as ProxyTracerProvider).getDelegate() : provider;
  return registered === new ProxyTracerProvider().getDelegate() ? undefined : registered;
}

/** Names an operation as the conventions have it: its own name is the client's, and may be anything. */
function describe(span: Span, { operationName, kind: type = "query", rootFieldNames }: Traced): void {
  span.updateName(type).setAttributes({
    "graphql.operation.type": type,
    ...(operationName !== undefined && { "graphql.operation.name": operationName.slice(0, longestName) }),
    "postern.root_fields": rootFieldNames.slice(0, mostRootFields),
  });
}

/** A refusal is no error of the server's. */
function noteCode(span: Span, code: string | undefined): void {
  if (code === undefined) return;
  span.setAttribute("error.type", code);
  if ((ownErrorCodes.get(code) ?? 0) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Ends it without the error's message, which may hold values. */
function endWith(span: Span, error: unknown): void {
  if (error !== undefined) {
    const { code, name = "_OTHER" } = error as { readonly code?: string; readonly name?: string };
    span.setAttribute("error.type", code ?? name);
    if ((ownErrorCodes.get(code) ?? 500) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
