import type { Clock } from "../../foundation/clock.js";
import type { LiveSource } from "../../kit/context.js";
import { readerFor, type OperationReader, type Reader } from "../../database/reader.js";
import type { EventCursors } from "../../database/event-log/event-cursor.js";
import type { EventMark, LogEvent } from "../../database/event-log/event.js";
import type { EventAnswer } from "../../graphql/execute-event.js";

/** An event on its way out, with what is made for all who are told of it; or that events were lost on the way. */
export type OutgoingEvent = {
  /** Its place in the log. */
  readonly seq: number;
  /** Whether the log itself is another from here on, so that its numbers say nothing of those before. */
  readonly isOtherLog?: boolean;
  /** For whom the same is said as to this subscriber; undefined where this one is told nothing. */
  readonly audienceOf: (source: LiveSource) => string | undefined;
  readonly value: (source: LiveSource) => object;
  /** What this subscriber is of some traits, as one key. */
  readonly traits: (source: LiveSource, traits: readonly string[]) => Promise<string>;
  readonly answers: Map<string, Promise<EventAnswer | undefined>>;
};

export type OutgoingEvents = {
  readonly cursorAt: (mark: EventMark) => string;
  readonly of: (event: LogEvent) => OutgoingEvent;
  /** That it is no longer known what happened up to a place of the log. */
  readonly ofLossUpTo: (mark: EventMark) => OutgoingEvent;
};

export function outgoingEvents(parts: {
  readonly cursors: EventCursors;
  readonly reader: Reader;
  readonly clock: Clock;
}): OutgoingEvents {
  const { cursors, reader, clock } = parts;
  const cursorAt = (mark: EventMark): string => cursors.seal(mark, clock().getTime());
  return {
    cursorAt,
    of(event) {
      let cursor: string | undefined;
      let forAll: OperationReader | undefined;
      return {
        seq: event.seq,
        audienceOf: (source) => source.audienceOf(event),
        value: (source) => source.valueOf(event, (cursor ??= cursorAt(event))),
        async traits(source, traits) {
          const asked = (forAll ??= readerFor(reader, { clientKey: "events", signal: undefined }));
          return (await Promise.all(traits.map((trait) => source.traitOf(trait, event, asked)))).join();
        },
        answers: new Map(),
      };
    },
    ofLossUpTo: (mark) => ({
      seq: mark.seq,
      audienceOf: () => "all",
      value: (source) => source.afterLoss(cursorAt(mark), clock()),
      traits: async () => "",
      answers: new Map(),
    }),
  };
}
