import type { GraphQLResolveInfo } from "graphql";

import type { Auth, Viewer } from "./auth.js";
import type { OperationReader } from "../database/operation-reader.js";
import type { Sql } from "../database/sql.js";
import type { Access } from "../database/transaction.js";
import type { SessionRules } from "../foundation/config/session-rules.js";
import type { AnySource } from "./subscription-of.js";
import type { LogEvent, Topic } from "../database/event-log/event.js";

/** Everything that a resolver is given of its operation. */
export type Context = Access & {
  /** The instant of the operation. The clock is read once, when the context is made. */
  readonly now: Date;
  /** The state of the caller's credential at `now`. */
  readonly auth: Auth;
  readonly client: Client;
  readonly settings: FeatureSettings;
  readonly answer: AnswerSize;
  /** Starts a subscription; undefined if the caller can receive only one response. */
  readonly live: Live | undefined;
  /** The viewers of sessions that this operation opened, by the response key of the root field that opened each. */
  readonly openedBy: Map<string | number, Viewer>;
};

/** The server's settings that features depend on. */
export type FeatureSettings = {
  readonly sessionRules: SessionRules;
  readonly passwordCost: PasswordCost;
  /** Whether callers without a credential may read posts. */
  readonly publicReads: boolean;
  /** The number of posts that a user may create in any hour. */
  readonly postsPerHour: number;
};

/** Starts subscriptions. */
export type Live = {
  /**
   * Subscribes to the events from now on or, with a cursor, to those since the cursor.
   *
   * @returns the cursor of the position at which the subscription starts.
   * @throws KnownError `BAD_USER_INPUT` if `after` is not a cursor.
   */
  readonly begin: (source: LiveSource, after: string | null | undefined, info: GraphQLResolveInfo) => Promise<string>;
};

/** A subscription's view of the event log. */
export type LiveSource = {
  /** The topics of its events, the same set for all subscriptions of a field. Other events are not for it. */
  readonly topics: ReadonlySet<Topic>;
  /** The part that all subscribers share. */
  readonly definition: AnySource;
  /**
   * Returns the subscriber's audience for an event. Subscribers in one audience receive the same answer. Undefined if the
   * subscriber must not see the event.
   *
   * @param loaded what the definition's `load` has read.
   */
  readonly audienceOf: (event: LogEvent, loaded: unknown) => string | undefined;
  /** Returns the subscriber's value of a trait, for fields that are `SameForTrait`. */
  readonly traitOf: (trait: string, event: LogEvent, reader: OperationReader) => Promise<string>;
  /** An SQL condition for the rows of the log that have an audience. */
  readonly condition: Sql;
};

/** The client that sent the request, for accounts and sessions. */
export type Client = {
  readonly userAgent: string | null;
  /** The client's IP address; null for an operation that came over no network. */
  readonly address: string | null;
  /** The key under which the address is counted and queued; see `addressKeyOf`. */
  readonly addressKey: string;
  /** Logs an event with the client's address. Call it after the commit. */
  readonly note: (event: SessionEvent) => void;
  /** Returns the pseudonym of an email address in the log; see `accountKeyOf`. */
  readonly accountKeyOf: (email: string) => string;
};

/** An event of an account or a session, for the log: ids and a cause, nothing secret. */
export type SessionEvent = {
  readonly event:
    | "signed in"
    | "registration refused"
    | "sign-in refused"
    | "session refreshed"
    | "refresh refused"
    | "refresh token reused"
    | "session ended"
    | "password changed"
    | "password refused"
    | "account deleted";
  readonly userId?: string;
  readonly sessionId?: string;
  /** The pseudonym of the email of a sign-in, whether or not it has an account; see `Client`. */
  readonly account?: string;
  /** The number of sessions that ended, if they are too many for an event each. */
  readonly count?: number;
  readonly cause?: string;
};

/** The cost of hashing one password: argon2id's memory in KiB, its passes and its lanes. */
export type PasswordCost = { readonly memoryCost: number; readonly timeCost: number; readonly parallelism: number };

/** The size of the operation's response in bytes, counted before the rows that make it large are read. */
export type AnswerSize = {
  /** Whether fields that may be `RawJson` can resolve to it. `executeOperation` takes values alone. */
  readonly takesJson: boolean;
  /** Returns how many more bytes of text without a length limit the response may hold. */
  readonly remaining: () => number;
  /**
   * Counts text that has no length limit.
   *
   * @throws KnownError `QUERY_TOO_COMPLEX` if the response becomes too large, `SERVICE_UNAVAILABLE` if all responses
   * together do.
   */
  readonly add: (bytes: number) => void;
  /** Counts other data by the largest size that it can have. */
  readonly addAtMost: (bytes: number) => void;
};

/** Makes a value at most once for each operation, and keeps it as long as the operation lasts. */
export function perOperation<Operation extends object, Value>(
  make: (operation: Operation) => Value,
): (operation: Operation) => Value {
  // A property rather than a WeakMap, which would keep operations longer than they last (decision 36). A copy of an
  // operation has the property too, but is another operation.
  const key = Symbol("perOperation");
  type Kept = { readonly operation: Operation; readonly value: Value };
  return (operation) => {
    const holder: { [key]?: Kept } = operation;
    let kept = holder[key];
    if (kept?.operation !== operation) holder[key] = kept = { operation, value: make(operation) };
    return kept.value;
  };
}
