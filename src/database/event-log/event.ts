/**
 * A place in the event log, with the event at it. After a failover or a restored backup another event may be at that
 * place, so the number alone doesn't show whether the log is still the same.
 */
export type EventMark = {
  /** The event's number, the same for all processes; 0 before the first event. */
  readonly seq: number;
  /** The event's own id, which differs from `seq` on PostgreSQL. */
  readonly id: number;
  /** In milliseconds since 1970. */
  readonly at: number;
};

/** The topics of the server's own features with their payloads. Each feature adds its own. */
// oxlint-disable-next-line typescript/consistent-type-definitions, typescript/no-empty-object-type -- to be added to
export interface OwnTopics {}

/**
 * The topics of an application's own features with their payloads, named here for the compiler:
 * `declare module "postern" { interface AddedTopics { "review.created": { rating: number } } }`.
 */
// oxlint-disable-next-line typescript/consistent-type-definitions, typescript/no-empty-object-type -- to be added to
export interface AddedTopics {}

export type Topic = keyof (OwnTopics & AddedTopics);

/** The payload of a topic: ids, numbers and flags, never content. */
export type PayloadOf<Name extends Topic> = (OwnTopics & AddedTopics)[Name];

/** An event to publish. */
export type NewEvent<Name extends Topic = Topic> = {
  readonly topic: Name;
  /** The id of what it is about. Events of one subject keep their order. */
  readonly subject: string;
  /** The user who sees the subject in every state, such as its author. */
  readonly owner?: string | null;
  /** A second id to filter by, such as the post of a review. */
  readonly about?: string | null;
  /** Whether all others could see the subject before, and can see it after. Neither, unless given. */
  readonly visible?: { readonly before: boolean; readonly after: boolean };
  readonly payload?: PayloadOf<Name>;
};

/** Something that happened. A subscriber sees what it may see of the subject when the event is delivered. */
export type LogEvent<Name extends Topic = Topic> = {
  /** The same at each delivery, so it can be used as an idempotency key. */
  readonly id: string;
  readonly topic: Name;
  /** The id of what it is about. Events of one subject keep their order. */
  readonly subject: string;
  /** The user who sees the subject in every state, such as its author. */
  readonly owner: string | null;
  /** A second id to filter by. */
  readonly about: string | null;
  /** Whether all others could see the subject before, and can see it after. */
  readonly visible: { readonly before: boolean; readonly after: boolean };
  readonly at: Date;
  readonly payload: PayloadOf<Name>;
};

/** An event of the log, and its place there. */
export type LoggedEvent = { readonly mark: EventMark; readonly event: LogEvent };

/** Receives the events of the log. */
export type Follower = {
  readonly events: (events: readonly LoggedEvent[]) => void;
  /**
   * The database has gone back to before the last delivered event, because a failover lost commits or a backup was
   * restored. Other data may differ as well. Events continue from `position`.
   */
  readonly lost: (position: EventMark) => void;
};
