import { ConfigError } from "../config/config.js";
import type { Tracing } from "./span.js";

/**
 * Loads OpenTelemetry, and starts tracing. Without tracing, none of its code is loaded.
 *
 * @throws ConfigError if it isn't installed, or no SDK is registered that would receive the spans.
 */
export async function loadTracing(version: string): Promise<Tracing> {
  const { openTracing } = await import("./tracing.js").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConfigError([
      "TRACING=on needs the package @opentelemetry/api: npm install @opentelemetry/api@1.9, or set TRACING=off",
    ]);
  });
  const tracing = openTracing(version);
  if (tracing !== undefined) return tracing;
  throw new ConfigError([
    "TRACING=on needs an OpenTelemetry SDK that is registered with the same @opentelemetry/api: start with " +
      "node --import and a file such as deploy/tracing.mjs, or set TRACING=off",
  ]);
}
