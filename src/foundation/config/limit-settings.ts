import { duration, whole } from "./setting-rules.js";

/** What a client may ask and take; part of the list of settings, and explained in docs/limits.md. */
export const limitSettings = {
  OPERATION_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "10s",
    description:
      "how long an operation may take before it is answered `TIMEOUT`; what it was reading is interrupted, what it was to write is not written, and a commit is never cut",
  },
  HEADERS_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "10s",
    description: "how long a client may take to send a request's headers",
  },
  REQUEST_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "30s",
    description: "how long it may take to send a request as a whole",
  },
  SEND_TIMEOUT: {
    rule: duration(1, 3600, "between 1s and 1h"),
    preset: "30s",
    description: "how long a client may take nothing of its answer before its connection is closed",
  },
  MAX_CONNECTIONS: {
    rule: whole(1, 1_000_000),
    preset: "10000",
    description: "how many connections may be open at a time; one more is closed at once",
  },
  MAX_TOKENS: {
    rule: whole(10, 100_000),
    preset: "1000",
    description: "how many tokens a document may have",
  },
  MAX_DEPTH: {
    rule: whole(1, 100),
    preset: "10",
    description: "how many levels of fields; introspection may have 20 of its own",
  },
  MAX_ALIASES: {
    rule: whole(0, 10_000),
    preset: "15",
    description:
      "the most aliases, counting those of `__typename`, those of a fragment once for each use, and one on or below `__schema` or `__type` as ten",
  },
  MAX_DIRECTIVES: {
    rule: whole(0, 10_000),
    preset: "50",
    description: "how many directives",
  },
  MAX_COST: {
    rule: whole(1, 1_000_000),
    preset: "5000",
    description:
      "how many objects an answer may hold at most: each page counts as many times as what it stands in, and `first` or `last` says how large it is",
  },
  MAX_URL_LENGTH: {
    rule: whole(100, 12_000),
    preset: "8000",
    description: "how many characters a URL may have, which bounds queries by GET",
  },
  MAX_BODY_BYTES: {
    rule: whole(1000, 100_000_000),
    preset: "1048576",
    description: "how large a request's body may be",
  },
  MAX_BODY_BYTES_IN_FLIGHT: {
    rule: whole(100_000, 999_999_999),
    preset: "33554432",
    description:
      "how many bytes all bodies together may have that are being read; one client may hold half of them; at least twice `MAX_BODY_BYTES`",
  },
  MAX_ANSWER_BYTES: {
    rule: whole(10_000, 500_000_000),
    preset: "16777216",
    description: "how large an answer may be; known before the contents are read",
  },
  MAX_ANSWER_BYTES_IN_FLIGHT: {
    rule: whole(100_000, 999_999_999),
    preset: "50331648",
    description:
      "how many bytes all answers together may have that are made and sent; one client may hold half of them; at least twice `MAX_ANSWER_BYTES`",
  },
  MAX_SOCKETS: {
    rule: whole(0, 1_000_000),
    preset: "10000",
    description: "how many sockets and streams a process may have open at a time; see [live](live.md)",
  },
  MAX_SOCKETS_OF_USER: {
    rule: whole(1, 1_000_000),
    preset: "50",
    description: "how many of them may be one user's, or one address's where nobody is signed in",
  },
  MAX_SESSIONS_OF_USER: {
    rule: whole(1, 1000),
    preset: "100",
    description: "how many live sessions a user may have; opening one more ends the one that was used longest ago",
  },
  POSTS_PER_HOUR: {
    rule: whole(1, 1_000_000),
    preset: "600",
    description:
      "how many posts a user may create in any hour, deleted ones included; `TOO_MANY_ATTEMPTS` for one more",
  },
  MAX_SUBSCRIPTIONS: {
    rule: whole(1, 10_000),
    preset: "20",
    description: "how many operations a socket may have under way",
  },
  MAX_MESSAGE_BYTES: {
    rule: whole(1000, 100_000_000),
    preset: "65536",
    description: "how large a message on a socket may be",
  },
  MAX_MESSAGES_PER_SECOND: {
    rule: whole(1, 1_000_000),
    preset: "50",
    description: "how many messages a socket may send in a second",
  },
  MAX_SLOW_READS: {
    rule: whole(4, 100_000),
    preset: "256",
    description:
      "how many searches, counts and filters against the order may be under way or wait; of one user half as many. One more is answered `SERVICE_UNAVAILABLE`",
  },
} as const;
