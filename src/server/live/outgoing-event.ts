import type { LiveSource } from "../../kit/context.js";
import type { EventCursors } from "../../database/event-log/event-cursor.js";
import type { EventMark, LoggedEvent } from "../../database/event-log/event.js";
import { readerFor, type OperationReader } from "../../database/operation-reader.js";
import type { Reader } from "../../database/reader.js";
import type { Clock } from "../../foundation/clock.js";
import type { EventAnswer } from "../../graphql/execute-event.js";

/** An event, or the loss of events, with everything that its subscribers share. */
export type OutgoingEvent = {
  /** Its position in the log. */
  readonly seq: number;
  /** Whether the log was replaced, so that this position says nothing about those before it. */
  readonly isOtherLog?: boolean;
  /** Returns the subscriber's audience. Undefined if the subscriber must not see the event. */
  readonly audienceOf: (source: LiveSource) => string | undefined;
  readonly value: (source: LiveSource) => object;
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
    return {
      seq: mark.seq,
      audienceOf: (source) => (source.topics.has(event.topic) ? source.audienceOf(event) : undefined),
      value: (source) => source.valueOf(event, (cursor ??= this.cursorAt(mark))),
      traits: async (source, traits) => {
        const reader = (shared ??= readerFor(this.deps.reader, { clientKey: "events", signal: undefined }));
        return (await Promise.all(traits.map((trait) => source.traitOf(trait, event, reader)))).join();
      },
      answers: new Map(),
    };
  }

  /** Returns the event which says that the events up to a position are no longer known. */
  ofLossUpTo(mark: EventMark, isOtherLog = false): OutgoingEvent {
    return {
      seq: mark.seq,
      isOtherLog,
      audienceOf: () => "all",
      value: (source) => source.afterLoss(this.cursorAt(mark), this.deps.clock()),
      traits: async () => "",
      answers: new Map(),
    };
  }
}
