import type { Request } from "./operations.js";
import { refusalIn, type Refusal } from "./refusal.js";
import type { Session } from "./session.js";

/** The answer to a request over HTTP. */
export type Answer = {
  readonly status: number;
  readonly statusText: string;
  readonly milliseconds: number;
  readonly bytes: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body; indented if it is JSON. */
  readonly text: string;
  readonly json: unknown;
  readonly refusal: Refusal | undefined;
  /** The refusal of the first token, if the request was sent again with a renewed one. */
  readonly refusedBefore: Refusal | undefined;
};

/** Sends a query or mutation. @throws the error of `fetch` if no answer came. */
export async function run(session: Session, request: Request, now: () => number, signal: AbortSignal): Promise<Answer> {
  const started = now();
  const { response, refusedBefore } = await session.send({ body: JSON.stringify(request), signal });
  const raw = await response.text();
  const json = parsed(raw);
  return {
    status: response.status,
    statusText: response.statusText,
    milliseconds: now() - started,
    bytes: new TextEncoder().encode(raw).length,
    headers: [...response.headers],
    text: json === undefined ? raw : JSON.stringify(json, null, 2),
    json,
    refusal: refusalIn(json),
    refusedBefore,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses variables from the editor. @throws Error with the problem. */
export function variablesOf(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("Variables must be a JSON object");
  return value as Record<string, unknown>;
}
