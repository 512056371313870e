import { roundedUp } from "./placeholders.js";

/** Reports whether a text is a code, which clients compare with, and not a wording. */
export const isCode = (text: unknown): boolean => typeof text === "string" && /^[A-Z][A-Z_]+$/.test(text);

/** Returns the headers of an answer as data, without what is new in every answer. */
export function headersAsData(
  headers: Readonly<Record<string, string>>,
  length: number | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      switch (name) {
        case "date":
        case "etag":
        case "last-modified":
        case "sec-websocket-accept":
          return [name, "<any>"];
        case "content-length":
          return [name, Number(value) === length ? "<right>" : value];
        case "retry-after":
          return [name, roundedUp(Number(value))];
        case "www-authenticate":
          return [name, challengeAsData(value)];
        case "content-type":
          return [name, value.replace(/boundary="?[^";]+"?/, "boundary=<any>")];
        default:
          return [name, value];
      }
    }),
  );
}

/** Takes the parameters of WWW-Authenticate apart, since one of them is for people. */
function challengeAsData(value: string): Record<string, string> {
  const parameters = [...value.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, text]) => [
    name === "error_description" ? "description" : name!,
    text!,
  ]);
  return { scheme: value.split(" ", 1)[0]!, ...Object.fromEntries(parameters) };
}

/** Returns a body as data: parsed if it is JSON, metrics without their values, other text as it is. */
export function bodyAsData(bytes: Buffer, type = ""): unknown {
  const text = bytes.toString("utf8");
  if (text === "") return null;
  if (type.includes("json")) return jsonOr(text);
  if (type.startsWith("text/plain; version=")) return metricsIn(text);
  if (type.startsWith("text/html")) return text.replace(/-[\w-]{8}\.(js|css|svg|png)/g, "-<hash>.$1");
  if (type.startsWith("multipart/")) return partsIn(text);
  if (type.startsWith("text/event-stream")) return eventsIn(text);
  return text;
}

export function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Returns the metrics by name, each with its type, its wording and the labels of its series. */
function metricsIn(text: string): unknown {
  const metrics: Record<string, { type?: string; description?: string; labels: string[] }> = {};
  for (const line of text.split("\n")) {
    const [, what, name = "", rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (what !== undefined) metrics[name] = { labels: [], ...metrics[name] };
    if (what === "HELP") metrics[name]!.description = rest!;
    if (what === "TYPE") metrics[name]!.type = rest!;
    const [, series, labels] = /^(\w+)\{(.*)\} /.exec(line) ?? [];
    const metric = metrics[series ?? ""] ?? metrics[(series ?? "").replace(/_(bucket|sum|count)$/, "")];
    if (metric === undefined || labels === undefined) continue;
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label!);
    metric.labels = [...new Set([...metric.labels, ...names])].toSorted();
  }
  return metrics;
}

/** Returns the parts of a multipart answer, without those that only keep the connection open. */
export function partsIn(text: string): unknown[] {
  const parts = text.split(/(?:^|\r\n)--[^\r\n]+(?:\r\n|$)/).filter((part) => part.trim() !== "");
  return parts
    .map((part) => {
      const [head, ...body] = part.split("\r\n\r\n");
      return { head: head!.trim(), body: jsonOr(body.join("\r\n\r\n").trim()) };
    })
    .filter(({ body }) => JSON.stringify(body) !== "{}");
}

/** Returns the events of an event stream, without the comments that only keep the connection open. */
export function eventsIn(text: string): unknown[] {
  const events: Record<string, unknown>[] = [];
  for (const block of text.split(/\r?\n\r?\n/).slice(0, -1)) {
    const fields = block.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith(":"));
    if (fields.length === 0) continue;
    events.push(
      Object.fromEntries(
        fields.map((line) => {
          const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line)!;
          return [name!, name === "data" ? jsonOr(value!) : value!];
        }),
      ),
    );
  }
  return events;
}
