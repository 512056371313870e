import type { GraphQLResolveInfo } from "graphql";

import type { Auth, Viewer } from "./auth.js";
import type { OperationReader } from "../database/reader.js";
import type { Sql } from "../database/sql.js";
import type { Access } from "../database/transaction.js";
import type { SessionRules } from "../foundation/config/session-rules.js";
import type { LogEvent } from "../database/event-log/event.js";

/** What an operation is given: one instant, one judgement of the credential, one way to read and one to change. */
export type Context = Access & {
  readonly now: Date;
  readonly auth: Auth;
  readonly client: Client;
  readonly sessionRules: SessionRules;
  readonly passwordCost: PasswordCost;
  readonly publicReads: boolean;
  /** How many posts a user may create in any hour. */
  readonly postsPerHour: number;
  readonly answer: AnswerSize;
  /**
   * Puts JSON into the answer as it is, at a path of response keys, in place of the empty value that a resolver gives
   * there. Undefined where the caller wants values and no text.
   */
  readonly placeJson: ((path: readonly (string | number)[], json: readonly Buffer[]) => void) | undefined;
  /** Undefined where the caller can be sent one answer and no more. */
  readonly live: Live | undefined;
  /** Tells that the operation has ended, so that its time limit is of no account any more. */
  readonly liftDeadline: () => void;
  /** The viewers of sessions that this operation opened, by the response key of the root field that did. */
  readonly openedBy: Map<string | number, Viewer>;
  /** How the operation goes, noted for the answer's status and for the log. */
  readonly outcome: {
    operationName: string | undefined;
    /** Whether it changes something: its answer tells what has been done, and is not taken back. */
    isMutation: boolean;
    /** Whether it asks to be told of what happens. */
    isSubscription: boolean;
    /** What was asked for, by the names of the root fields. */
    rootFieldNames: readonly string[];
    /** The first error of the answer. */
    error: { readonly code: string; readonly reason?: string } | undefined;
    /** What each root field that was begun comes to: a value, or a promise of one. */
    readonly rootFields: unknown[];
  };
};

/** How a subscription begins. */
export type Live = {
  /**
   * Tells the source of each event from now on or, with a cursor, of each since then.
   *
   * @returns the cursor of where it begins.
   * @throws KnownError `BAD_USER_INPUT` where `after` is no cursor.
   */
  readonly begin: (source: LiveSource, after: string | null | undefined, info: GraphQLResolveInfo) => Promise<string>;
};

/** What a subscription is told of the event log. */
export type LiveSource = {
  /**
   * For whom among those who are told of an event the same is said as to this subscriber; undefined where this one is
   * told nothing.
   */
  readonly audienceOf: (event: LogEvent) => string | undefined;
  /** What this subscriber is of a trait, by which the answers of a field differ that is the `SameForTrait`. */
  readonly traitOf: (trait: string, event: LogEvent, reader: OperationReader) => Promise<string>;
  /** What the subscription's field is answered from. */
  readonly valueOf: (event: LogEvent, cursor: string) => object;
  /** The same where what happened is no longer known. */
  readonly afterLoss: (cursor: string, now: Date) => object;
  /** That a row of the log is one of those that have an audience. */
  readonly condition: Sql;
};

/** Who sends a request, as far as accounts and sessions care. */
export type Client = {
  readonly userAgent: string | null;
  /** The client's IP address; null for an operation that came over no network. */
  readonly address: string | null;
  /** What stands for the address where it is counted or has turns; see `addressKeyOf`. */
  readonly addressKey: string;
  /** Writes an event down, with the address. Call it after the commit. */
  readonly note: (event: SessionEvent) => void;
  /** Stands for an email address in the log; see `accountKeyOf`. */
  readonly accountKeyOf: (email: string) => string;
};

/** Something that happened to an account or a session, for the log: ids and a cause, and nothing secret. */
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
  /** Stands for the email of a sign-in, whether or not it has an account; see `Client`. */
  readonly account?: string;
  /** How many sessions ended, if they are too many for an event each. */
  readonly count?: number;
  readonly cause?: string;
};

/** What hashing one password costs: argon2id's memory in KiB, its passes and its lanes. */
export type PasswordCost = { readonly memoryCost: number; readonly timeCost: number; readonly parallelism: number };

/** How large the operation's answer becomes, counted before what makes it large is read. All sizes are in bytes. */
export type AnswerSize = {
  /** How much more text of unlimited size the answer may hold. */
  readonly remaining: () => number;
  /**
   * Counts text of unlimited size.
   *
   * @throws KnownError `QUERY_TOO_COMPLEX` where it is too much, `SERVICE_UNAVAILABLE` where all answers together are.
   */
  readonly add: (bytes: number) => void;
  /** Counts what else was read, at the most that it can come to. */
  readonly addAtMost: (bytes: number) => void;
};

/** Makes a thing at most once for each operation, which it lives as long as. */
export function perOperation<Operation extends object, Thing>(
  make: (operation: Operation) => Thing,
): (operation: Operation) => Thing {
  const made = new WeakMap<Operation, Thing>();
  return (operation) => {
    let thing = made.get(operation);
    if (thing === undefined) made.set(operation, (thing = make(operation)));
    return thing;
  };
}
