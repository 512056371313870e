import type { LogEvent, Topic } from "../database/event-log/event.js";
import type { OperationReader } from "../database/operation-reader.js";
import { sql, type Sql } from "../database/sql.js";
import type { Viewer } from "./auth.js";
import type { LiveSource } from "./context.js";
import { isEventFor } from "./event-visibility.js";

/** The events of a subscription and their values, for every subscriber. */
export type SubscriptionSource<Args, Value extends object, Loaded = undefined> = {
  /** Topics, or all of one first word, such as `review.*`. */
  readonly topics: readonly (Topic | `${string}.*`)[];
  /**
   * Limits the events by equality.
   *
   * @throws KnownError `BAD_USER_INPUT` for bad arguments.
   */
  readonly only?: (args: Args, viewer: Viewer | undefined) => EventFilter;
  /** Reads what decides who receives an event, once for each event and process. */
  readonly load?: (
    event: LogEvent,
    services: { readonly reader: OperationReader; readonly now: Date },
  ) => Promise<Loaded>;
  /**
   * Returns the subscriber's audience: subscribers in one audience may share an answer. Undefined if the subscriber must
   * not see the event. Without it, the audience is "owner", or "others" if all others could see the subject before or
   * after.
   */
  readonly audience?: (event: LogEvent, viewer: Viewer | undefined, loaded: Loaded) => string | undefined;
  /** Return what subscribers with a trait see differently, for fields that are `SameForTrait`. */
  readonly traits?: Readonly<
    Record<string, (event: LogEvent, viewer: Viewer | undefined, reader: OperationReader) => Promise<string>>
  >;
  /** Returns the value that the field resolves from. */
  readonly resolve: (event: LogEvent, place: EventPlace<Loaded>) => Value;
  /** Returns the value of a subscription that has started. */
  readonly ready: (cursor: string, now: Date) => Value;
  /** Returns the value for events that are no longer known: the client reads its list again. */
  readonly reset: (cursor: string, now: Date) => Value;
};

/** The events of a subject, an owner, or with a second id. Without a value, all of them. */
export type EventFilter = Partial<Readonly<Record<"subject" | "owner" | "about", string | null | undefined>>>;

export type EventPlace<Loaded> = { readonly cursor: string; readonly audience: string; readonly loaded: Loaded };

/** A field's `subscribe`. The server calls it by its own way of starting subscriptions. */
export type Subscribe = () => never;

/** A source whose types of arguments, values and loaded data are forgotten. */
// oxlint-disable-next-line typescript/no-explicit-any -- each source fits its own field
export type AnySource = SubscriptionSource<any, object, any>;

const sourceKey = Symbol("subscription source");

/**
 * Makes the `subscribe` of a field whose events come from the event log. Its argument `after` resumes after a cursor. The
 * resolver receives the source's values as its root.
 */
export function subscriptionOf<
  Args extends { readonly after?: string | null },
  Value extends object,
  Loaded = undefined,
>(source: SubscriptionSource<Args, Value, Loaded>): Subscribe {
  return Object.assign(notCalled.bind(undefined), { [sourceKey]: source });
}

function notCalled(): never {
  throw new Error("The server starts subscriptions by their source");
}

/** Returns the source that a `subscribe` was made of; undefined for any other function. */
export const sourceOf = (subscribe: unknown): AnySource | undefined =>
  (subscribe as { readonly [sourceKey]?: AnySource } | undefined)?.[sourceKey];

/** Returns the source for one subscriber. */
export function liveSourceOf(
  source: AnySource,
  topics: ReadonlySet<Topic>,
  args: unknown,
  viewer: Viewer | undefined,
): LiveSource {
  const filter = source.only?.(args, viewer) ?? {};
  const { subject, owner, about } = filter;
  const audienceOf = source.audience ?? defaultAudience;
  return {
    topics,
    definition: source,
    audienceOf(event, loaded) {
      if (subject != null && event.subject !== subject) return undefined;
      if (owner != null && event.owner !== owner) return undefined;
      if (about != null && event.about !== about) return undefined;
      return audienceOf(event, viewer, loaded);
    },
    async traitOf(trait, event, reader) {
      const valueOf = source.traits?.[trait];
      if (valueOf === undefined) throw new Error(`The subscription has no trait ${trait}`);
      return valueOf(event, viewer, reader);
    },
    // Rarely needed, and larger than the rest.
    get condition() {
      return source.audience === undefined
        ? sql`${isEventFor(viewer?.userId)}${passing(filter)}`
        : sql`true${passing(filter)}`;
    },
  };
}

const defaultAudience = ({ owner, visible }: LogEvent, viewer: Viewer | undefined): string | undefined =>
  owner === viewer?.userId ? "owner" : visible.before || visible.after ? "others" : undefined;

const passing = ({ subject, owner, about }: EventFilter): Sql =>
  sql`${subject == null ? sql`` : sql` and subject = ${subject}`}${owner == null ? sql`` : sql` and owner = ${owner}`}${
    about == null ? sql`` : sql` and about = ${about}`
  }`;
