import {
  context,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";

import { systemClock } from "../clock.js";
import { ownErrorCodes } from "../errors.js";
import type { OperationSpan, RequestSpan, TracedOperation, Tracing, TransactionSpan } from "./span.js";
import { summaryOf } from "./statement-summary.js";

const maxNameLength = 100;
const maxRootFields = 5;

/**
 * Starts tracing, by the semantic conventions of OpenTelemetry. Of what a client sends, spans have only the path and
 * the operation's name: no document, variable, header or value of a statement.
 *
 * @returns undefined if no SDK has been registered, so that nobody would receive the spans.
 */
export function openTracing(version: string): Tracing | undefined {
  const provider = registeredProvider();
  if (provider === undefined) return undefined;
  const spans = new SpanFactory(trace.getTracer("postern", version));
  return {
    request: (request) => spans.request(request),
    operation: () => spans.operation(SpanKind.SERVER, ROOT_CONTEXT),
    flush: async () => provider.forceFlush?.(),
  };
}

/** Starts the spans of requests, operations, transactions and statements. */
class SpanFactory {
  constructor(private readonly tracer: Tracer) {}

  request({ method, path, scheme, httpVersion, headers }: Parameters<Tracing["request"]>[0]): RequestSpan {
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const attributes = {
      "http.request.method": method,
      "url.path": path,
      "url.scheme": scheme,
      "network.protocol.version": httpVersion,
    };
    const span = this.tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    return {
      traceId: span.spanContext().traceId,
      operation: () => this.operation(SpanKind.INTERNAL, trace.setSpan(parent, span)),
      end({ route, status, code }) {
        if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute("http.route", route);
        if (status !== undefined) span.setAttribute("http.response.status_code", status);
        setCode(span, status === undefined ? "aborted" : code);
        span.end();
      },
    };
  }

  operation(kind: SpanKind, parent: Context): OperationSpan {
    const span = this.tracer.startSpan("GraphQL Operation", { kind }, parent);
    const inside = trace.setSpan(parent, span);
    return {
      traceId: span.spanContext().traceId,
      run: (work) => context.with(inside, work),
      statement: (system, text) => {
        const statement = this.statement(system, text, inside);
        return (error) => endSpan(statement, error);
      },
      transaction: (system) => this.transaction(system, inside),
      end(operation, code) {
        if (operation !== undefined && operation.rootFieldNames.length > 0) describeOperation(span, operation);
        setCode(span, code);
        span.end();
      },
    };
  }

  private transaction(system: string, parent: Context): TransactionSpan {
    const attributes = { "db.system.name": system };
    const span = this.tracer.startSpan("transaction", { kind: SpanKind.INTERNAL, attributes }, parent);
    const inside = trace.setSpan(parent, span);
    return {
      ran: ({ text, milliseconds, hasFailed }) => {
        const endTime = systemClock().getTime();
        const statement = this.statement(system, text, inside, endTime - milliseconds);
        if (hasFailed) statement.setStatus({ code: SpanStatusCode.ERROR });
        statement.end(endTime);
      },
      end: (error) => endSpan(span, error),
    };
  }

  private statement(system: string, text: string, parent: Context, startTime?: number): Span {
    const summary = summaryOf(text);
    const attributes = { "db.system.name": system, "db.query.summary": summary, "db.query.text": text };
    const options = { kind: SpanKind.CLIENT, attributes, ...(startTime !== undefined && { startTime }) };
    return this.tracer.startSpan(summary, options, parent);
  }
}

type Provider = TracerProvider & { readonly forceFlush?: () => Promise<void> };

/**
 * Returns the provider that was registered before the server started. Without one, OpenTelemetry uses one that does
 * nothing.
 */
function registeredProvider(): Provider | undefined {
  const provider = trace.getTracerProvider();
  const registered = "getDelegate" in provider ? (provider as ProxyTracerProvider).getDelegate() : provider;
  return registered === new ProxyTracerProvider().getDelegate() ? undefined : registered;
}

/** Names the span by the conventions. The operation's own name is an attribute, because the client chooses it. */
function describeOperation(span: Span, { operationName, kind: type = "query", rootFieldNames }: TracedOperation): void {
  span.updateName(type).setAttributes({
    "graphql.operation.type": type,
    ...(operationName !== undefined && { "graphql.operation.name": operationName.slice(0, maxNameLength) }),
    "postern.root_fields": rootFieldNames.slice(0, maxRootFields),
  });
}

/** Sets the error code. The span fails only if the error is one of the server. */
function setCode(span: Span, code: string | undefined): void {
  if (code === undefined) return;
  span.setAttribute("error.type", code);
  if ((ownErrorCodes.get(code) ?? 0) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Ends a span, without the message of its error, which may contain values. */
function endSpan(span: Span, error: unknown): void {
  if (error !== undefined) {
    const { code, name = "_OTHER" } = error as { readonly code?: string; readonly name?: string };
    span.setAttribute("error.type", code ?? name);
    if ((ownErrorCodes.get(code) ?? 500) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
