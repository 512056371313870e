/** How the answers of a subscription follow each other in the body of one HTTP response. */
export type StreamFraming = {
  readonly contentType: string;
  /** What the body begins with. */
  readonly head: string;
  /** What stands before and after an answer in JSON. */
  readonly next: { readonly before: string; readonly after: string };
  /** What says nothing, so that nobody on the way takes the connection for a dead one. */
  readonly heartbeat: string;
  /** The last answer of a stream that ends for an error, given as JSON. */
  readonly failure: (errors: string) => string;
  /** What the body ends with where no more is to come. */
  readonly complete: string;
  /** What it ends with where the client may come back. */
  readonly tail: string;
};

/**
 * GraphQL over SSE, in the mode of distinct connections. A stream that ends without `complete` is taken up again.
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
 * Apollo's multipart protocol. The delimiter follows each part at once, since clients take a part for complete by it.
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

/** The framing that an Accept header names; undefined where it names none. */
export function framingFor(accept: string): StreamFraming | undefined {
  if (/(^|,)\s*text\/event-stream\b/i.test(accept)) return eventStream;
  return /(^|,)\s*multipart\/mixed\s*;[^,]*\bsubscriptionSpec="?1\.0/i.test(accept) ? multipart : undefined;
}
