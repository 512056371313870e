import { ConfigError } from "../config/settings.js";
import type { Tracing } from "./span.js";

/**
 * Loads what traces. Where nobody asks for it, none of OpenTelemetry's code is loaded.
 *
 * @throws ConfigError where it isn't installed, or nothing has been set up that would take the spans.
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
    "TRACING=on finds no OpenTelemetry SDK that has been registered with its @opentelemetry/api: start with " +
      "node --import and a file such as deploy/tracing.mjs, or set TRACING=off",
  ]);
}
