/** The format in which the answers of a subscription follow each other in one HTTP response. */
export type StreamFraming = {
  readonly contentType: string;
  /** The beginning of the body. */
  readonly head: string;
  /** The text before and after an answer in JSON. */
  readonly next: { readonly before: string; readonly after: string };
  /** A text without meaning, so that no proxy takes the connection for a dead one. */
  readonly heartbeat: string;
  /** Returns the last answer of a stream that ends with an error. */
  readonly failure: (errors: string) => string;
  /** The end of the body, if no more events will come. */
  readonly complete: string;
  /** The end of the body, if the client may come back for more. */
  readonly tail: string;
};

/**
 * GraphQL over SSE, in the mode of distinct connections. Clients resume a stream that ends without `complete`.
 *
 * @see https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
 */
const eventStream: StreamFraming = {
  contentType: "text/event-stream; charset=utf-8",
  head: ":\n\n",
  next: { before: "event: next\ndata: ", after: "\n\n" },
  heartbeat: ":\n\n",
  failure: (errors) => `event: next\ndata: {"errors":${errors}}\n\n`,
  complete: "event: complete\ndata:\n\n",
  tail: "",
};

const part = { before: "\r\ncontent-type: application/json\r\n\r\n", after: "\r\n--graphql" };

/**
 * Apollo's multipart protocol. The delimiter follows each part at once: clients take it as the end of the part.
 *
 * @see https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 */
const multipart: StreamFraming = {
  contentType: 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"',
  head: "--graphql",
  next: { before: `${part.before}{"payload":`, after: `}${part.after}` },
  heartbeat: `${part.before}{}${part.after}`,
  failure: (errors) => `${part.before}{"payload":null,"errors":${errors}}${part.after}`,
  complete: "--\r\n",
  tail: "--\r\n",
};

/** Returns the framing that an Accept header names; undefined if it names none. */
export function framingFor(accept: string): StreamFraming | undefined {
  if (/(^|,)\s*text\/event-stream\b/i.test(accept)) return eventStream;
  return /(^|,)\s*multipart\/mixed\s*;[^,]*\bsubscriptionSpec="?1\.0/i.test(accept) ? multipart : undefined;
}
