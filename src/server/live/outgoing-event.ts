import type { LiveSource } from "../../kit/context.js";
import type { AnySource } from "../../kit/subscription-of.js";
import type { EventCursors } from "../../database/event-log/event-cursor.js";
import type { EventMark, LoggedEvent } from "../../database/event-log/event.js";
import { readerFor, type OperationReader } from "../../database/operation-reader.js";
import type { Reader } from "../../database/reader.js";
import type { Clock } from "../../foundation/clock.js";
import type { EventAnswer } from "../../graphql/execute-event.js";

/** The part of a source that all subscribers of a field share. */
export type SharedSource = Pick<LiveSource, "topics" | "definition">;

/** An event, or the loss of events, with everything that its subscribers share. */
export type OutgoingEvent = {
  /** Its position in the log. */
  readonly seq: number;
  /** Whether the log was replaced, so that this position says nothing about those before it. */
  readonly isOtherLog?: boolean;
  /** Reads what decides who receives it, once for each definition that does. Undefined if there is nothing to read. */
  readonly load: (source: SharedSource) => Promise<unknown> | undefined;
  /** Whether something has yet to be loaded. */
  readonly isUndecided: (source: SharedSource) => boolean;
  /** Returns the subscriber's audience, from what was loaded. Undefined if the subscriber must not see the event. */
  readonly audienceOf: (source: LiveSource) => string | undefined;
  readonly value: (source: LiveSource, audience: string) => object;
  /** Returns the subscriber's values of some traits as one key. */
  readonly traits: (source: LiveSource, traits: readonly string[]) => Promise<string>;
  /** The answers that were made for it, by audience, document and traits. */
  readonly answers: Map<string, Promise<EventAnswer | undefined>>;
};

/** Makes outgoing events of the rows of the log. */
export class OutgoingEvents {
  constructor(
    private readonly deps: { readonly cursors: EventCursors; readonly reader: Reader; readonly clock: Clock },
  ) {}

  cursorAt(mark: EventMark): string {
    return this.deps.cursors.seal(mark, this.deps.clock().getTime());
  }

  of({ mark, event }: LoggedEvent): OutgoingEvent {
    let cursor: string | undefined;
    let shared: OperationReader | undefined;
    const reader = () => (shared ??= readerFor(this.deps.reader, { clientKey: "events", signal: undefined }));
    const loads = new Map<AnySource, Promise<unknown>>();
    const loaded = new Map<AnySource, unknown>();
    return {
      seq: mark.seq,
      load: ({ topics, definition }) => {
        if (definition.load === undefined || !topics.has(event.topic)) return undefined;
        let load = loads.get(definition);
        if (load === undefined) {
          load = definition
            .load(event, { reader: reader(), now: this.deps.clock() })
            .then((found: unknown) => void loaded.set(definition, found));
          loads.set(definition, load);
        }
        return load;
      },
      isUndecided: ({ topics, definition }) =>
        definition.load !== undefined && topics.has(event.topic) && !loaded.has(definition),
      audienceOf: (source) =>
        source.topics.has(event.topic) ? source.audienceOf(event, loaded.get(source.definition)) : undefined,
      value: ({ definition }, audience) =>
        definition.resolve(event, {
          cursor: (cursor ??= this.cursorAt(mark)),
          audience,
          loaded: loaded.get(definition),
        }),
      traits: async (source, traits) =>
        (await Promise.all(traits.map((trait) => source.traitOf(trait, event, reader())))).join(),
      answers: new Map(),
    };
  }

  /** Returns the event which says that the events up to a position are no longer known. */
  ofLossUpTo(mark: EventMark, isOtherLog = false): OutgoingEvent {
    return {
      seq: mark.seq,
      isOtherLog,
      load: () => undefined,
      isUndecided: () => false,
      audienceOf: () => "all",
      value: ({ definition }) => definition.reset(this.cursorAt(mark), this.deps.clock()),
      traits: async () => "",
      answers: new Map(),
    };
  }
}
