import { duration, whole } from "./setting-rules.js";

/** The limits on clients. They are part of the list of settings, and explained in docs/limits.md. */
export const limitSettings = {
  OPERATION_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "10s",
    description:
      "time limit of an operation, after which it fails with `TIMEOUT`: its reads are cancelled and its changes are not written; a commit is never cancelled",
  },
  HEADERS_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "10s",
    description: "time limit for a client to send the headers of a request",
  },
  REQUEST_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "30s",
    description: "time limit for a client to send a whole request",
  },
  SEND_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "30s",
    description: "a connection is closed if its client reads nothing of the response for this long",
  },
  MAX_CONNECTIONS: {
    rule: whole(1, 1_000_000),
    preset: "10000",
    description: "maximum number of open connections; one more is closed at once",
  },
  MAX_TOKENS: {
    rule: whole(10, 100_000),
    preset: "1000",
    description: "maximum number of tokens of a document",
  },
  MAX_DEPTH: {
    rule: whole(1, 100),
    preset: "10",
    description: "maximum number of nested levels of fields; introspection may have another 20",
  },
  MAX_ALIASES: {
    rule: whole(0, 10_000),
    preset: "15",
    description:
      "maximum number of aliases, including those of `__typename`; those of a fragment count once for each use, and one on or below `__schema` or `__type` counts as 10",
  },
  MAX_DIRECTIVES: {
    rule: whole(0, 10_000),
    preset: "50",
    description: "maximum number of directives",
  },
  MAX_COST: {
    rule: whole(1, 1_000_000),
    preset: "5000",
    description:
      "maximum number of objects that a response may contain: the size of each page is its `first` or `last`, times the number of objects around it",
  },
  MAX_URL_LENGTH: {
    rule: whole(100, 12_000),
    preset: "8000",
    description: "maximum number of characters of a URL, which limits queries by GET",
  },
  MAX_BODY_BYTES: {
    rule: whole(1000, 100_000_000),
    preset: "1048576",
    description: "maximum size of a request's body, in bytes",
  },
  MAX_BODY_BYTES_IN_FLIGHT: {
    rule: whole(100_000, 999_999_999),
    preset: "33554432",
    description:
      "maximum size of all request bodies that are being read, in bytes; half of it for one client; at least twice `MAX_BODY_BYTES`",
  },
  MAX_ANSWER_BYTES: {
    rule: whole(10_000, 500_000_000),
    preset: "16777216",
    description: "maximum size of a response, in bytes; checked before the contents of posts are read",
  },
  MAX_ANSWER_BYTES_IN_FLIGHT: {
    rule: whole(100_000, 999_999_999),
    preset: "50331648",
    description:
      "maximum size of all responses that are being made and sent, in bytes; half of it for one client; at least twice `MAX_ANSWER_BYTES`",
  },
  MAX_SOCKETS: {
    rule: whole(0, 1_000_000),
    preset: "10000",
    description: "maximum number of open WebSockets and streams per process; see [live](live.md)",
  },
  MAX_SOCKETS_OF_USER: {
    rule: whole(1, 1_000_000),
    preset: "50",
    description: "the same for one user, or for one IP address if nobody is signed in",
  },
  MAX_SESSIONS_OF_USER: {
    rule: whole(1, 1000),
    preset: "100",
    description: "maximum number of live sessions of a user; opening one more ends the least recently used one",
  },
  POSTS_PER_HOUR: {
    rule: whole(1, 1_000_000),
    preset: "600",
    description:
      "maximum number of posts that a user may create in any hour, including deleted ones; one more fails with `TOO_MANY_ATTEMPTS`",
  },
  MAX_SUBSCRIPTIONS: {
    rule: whole(1, 10_000),
    preset: "20",
    description: "maximum number of operations in progress per WebSocket",
  },
  MAX_MESSAGE_BYTES: {
    rule: whole(1000, 100_000_000),
    preset: "65536",
    description: "maximum size of a message on a WebSocket, in bytes",
  },
  MAX_MESSAGES_PER_SECOND: {
    rule: whole(1, 1_000_000),
    preset: "50",
    description: "maximum number of messages that a client may send on a WebSocket per second",
  },
  MAX_SLOW_READS: {
    rule: whole(4, 100_000),
    preset: "256",
    description:
      "maximum number of searches, counts and filters against the order that run or wait; half of it for one user. One more fails with `SERVICE_UNAVAILABLE`",
  },
} as const;
