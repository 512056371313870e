import { LRUCache } from "lru-cache";

import { internalError } from "../graphql/error-format.js";

/** The error that was logged under an incident's id, as the log describes it. */
export type Incident = {
  readonly hint?: string;
  readonly err: { readonly type: string; readonly message?: string; readonly stack?: string; readonly cause?: unknown };
};

const incidents = new LRUCache<string, Incident>({ max: 100 });

/** Keeps the error of a line of the log, so that a failed assertion can show it. */
export function keepIncident(line: string): void {
  if (!line.includes(internalError)) return;
  const { msg, incidentId, ...incident } = JSON.parse(line) as Incident & { msg: string; incidentId: string };
  if (msg === internalError) incidents.set(incidentId, incident);
}

/** Returns the lines about an incident of a server of the kit; an empty text if it is not known. */
export function describeIncident(id: unknown): string {
  const incident = typeof id === "string" ? incidents.get(id) : undefined;
  if (incident === undefined) return "";
  const { hint, err } = incident;
  const stack = err.stack ?? `${err.type}: ${err.message ?? ""}`;
  return [...(hint === undefined ? [] : [hint]), stack]
    .map((text) => `\n    ${text.replaceAll("\n", "\n    ")}`)
    .join("");
}
