// Registers an OpenTelemetry SDK that sends spans by OTLP over HTTP, for TRACING=on:
//   npm install --no-save @opentelemetry/api@1.9 @opentelemetry/sdk-trace-node@2.9 \
//     @opentelemetry/exporter-trace-otlp-http@0.220 @opentelemetry/resources@2.9
//   TRACING=on node --import ./deploy/tracing.mjs dist/main.js
// OpenTelemetry's own variables configure the rest: OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318 by default),
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_BSP_SCHEDULE_DELAY.
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const named = resourceFromAttributes({ "service.name": "postern" });
const resource = defaultResource()
  .merge(named)
  .merge(detectResources({ detectors: [envDetector] }));

// The server sends the remaining spans when it stops.
new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] }).register();
