import type { GraphQLResolveInfo } from "graphql";

import { inNextTurn, type Clock } from "../../foundation/clock.js";
import type { LiveSource } from "../../kit/context.js";
import type { EventLog } from "../../database/event-log/event-log.js";
import type { EventCursors, EventPosition } from "../../database/event-log/event-cursor.js";
import type { EventMark, LogEvent } from "../../database/event-log/event.js";
import { limit, sql } from "../../database/sql.js";
import type { Reader } from "../../database/reader.js";
import type { EventAnswer } from "../../graphql/execute-event.js";
import { sharedAnswersOf } from "../../graphql/same-for-all.js";
import { outgoingEvents, type OutgoingEvent } from "./outgoing-event.js";

/** Where a subscription's answers go. */
export type Sink = {
  readonly clientKey: () => string;
  /** Executes the subscription's document on what it is told; undefined where that can't be done now. */
  readonly execute: (value: object, info: GraphQLResolveInfo) => Promise<EventAnswer | undefined>;
  /** Resolves when the client has taken enough of what was sent before. */
  readonly room: () => Promise<void>;
  /** Whether too much waits for the client, beside so many events that are still to be sent. */
  readonly isBehind: (events: number) => boolean;
  readonly send: (answer: EventAnswer) => void;
  /** The client is to come back later, and go on from its last cursor. */
  readonly turnAway: (why: "too slow" | "no answer") => void;
};

export type Subscription = {
  /** The cursor of where it begins. */
  readonly cursor: string;
  /** Whether it goes on from a cursor that the client had. */
  readonly isResumed: boolean;
  /** Begins to send. */
  readonly start: () => void;
  readonly close: () => void;
};

/** All subscriptions of a process. */
export type Subscriptions = {
  /**
   * @throws KnownError `BAD_USER_INPUT` where `after` is no cursor.
   */
  readonly open: (
    source: LiveSource,
    after: string | null | undefined,
    info: GraphQLResolveInfo,
    sink: Sink,
  ) => Promise<Subscription>;
  readonly count: () => number;
  /** Tells all of them of an event. */
  readonly tell: (event: LogEvent) => void;
  /** Tells all of them that the log has gone back, and goes on from a place of it. */
  readonly lost: (position: EventMark) => void;
};

type Queued = { readonly told: OutgoingEvent; readonly audience: string };

/** How many events a client may have missed, and how many may wait to be told. */
const mostMissed = 1000;
// The clocks of two servers may differ by this much. It matters for cursors of release 0.2 alone.
const clockDifferenceMilliseconds = 60_000;
// Whatever else the process has to do goes on between so many who are told of an event.
const toldAtOnce = 50;
// To look through more of the log than this is no short read.
const shortStretch = 10_000;

export function makeSubscriptions(parts: {
  readonly events: EventLog;
  readonly cursors: EventCursors;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly ttlSeconds: number;
  /** Is told of what shouldn't happen. */
  readonly onError: (error: unknown) => void;
  /** Is told of each event that a subscriber is sent. */
  readonly onSent?: (() => void) | undefined;
}): Subscriptions {
  const { events, cursors, reader, clock, ttlSeconds, onError, onSent } = parts;
  const outgoing = outgoingEvents(parts);
  const all = new Set<(told: OutgoingEvent) => void>();

  // Those who come back at once come from few places.
  const readings = new Map<number, Promise<LogEvent | undefined>>();
  /** The event at a place of the log; undefined if there is none. */
  const eventAt = (seq: number, clientKey: string): Promise<LogEvent | undefined> => {
    let reading = readings.get(seq);
    if (reading === undefined) {
      reading = reader
        .all<LogEvent>(sql`select ${events.columns} from events where seq = ${seq}`, { cost: "indexed", clientKey })
        .then(([event]) => event)
        .finally(() => readings.delete(seq));
      readings.set(seq, reading);
    }
    return reading;
  };
  /** Whether another event has a cursor's place now: the database was restored or lost commits, or is a copy. */
  const isOfAnotherLog = async (position: EventPosition, clientKey: string): Promise<boolean> => {
    const { seq, id, at, issuedAt } = position;
    if (seq === 0) return false;
    const event = await eventAt(seq, clientKey);
    if (id === undefined || at === undefined)
      return event !== undefined && event.at > issuedAt + clockDifferenceMilliseconds;
    // Only old events are pruned.
    if (event === undefined) return at > clock().getTime() - ttlSeconds * 1000;
    return event.id !== id || event.at !== at;
  };
  /** What happened between two places of the log; undefined if that is not known, or too much. */
  const missed = async (
    source: LiveSource,
    position: EventPosition | undefined,
    end: number,
    clientKey: string,
  ): Promise<LogEvent[] | undefined> => {
    if (position === undefined || position.issuedAt <= clock().getTime() - ttlSeconds * 1000) return undefined;
    if (position.seq > end || (await isOfAnotherLog(position, clientKey))) return undefined;
    if (position.seq === end) return [];
    const known = await reader.all<LogEvent>(
      sql`select ${events.columns} from events where seq > ${position.seq} and seq <= ${end} and ${source.condition}
        order by seq ${limit(mostMissed + 1)}`,
      { cost: end - position.seq > shortStretch ? "scan" : "indexed", clientKey },
    );
    return known.length > mostMissed ? undefined : known;
  };

  let waiting: OutgoingEvent[] = [];
  let isTelling = false;
  /** One after the other, to a few at a time. */
  const tellAll = async (): Promise<void> => {
    isTelling = true;
    for (let told = waiting.shift(); told !== undefined; told = waiting.shift()) {
      let count = 0;
      for (const tell of all) {
        tell(told);
        count += 1;
        if (count % toldAtOnce === 0) await new Promise<void>(inNextTurn);
      }
    }
    isTelling = false;
  };

  return {
    async open(source, after, info, sink) {
      const resumed = after == null ? undefined : { from: cursors.open(after) };
      await events.catchUp();
      const begun = events.position();
      let end = begun.seq;
      const shared = sharedAnswersOf(info);
      const queue: Queued[] = [];
      let isSending = true;
      let isOpen = true;

      const answerOf = async ({ told, audience }: Queued): Promise<EventAnswer | undefined> => {
        const make = () => sink.execute(told.value(source), info);
        if (shared === undefined) return make();
        const traits = shared.traits.length === 0 ? "" : await told.traits(source, shared.traits);
        const key = `${audience} ${traits} ${shared.key}`;
        let answer = told.answers.get(key);
        if (answer === undefined) told.answers.set(key, (answer = make()));
        return answer;
      };
      const send = async (queued: Queued): Promise<void> => {
        const answer = await answerOf(queued);
        if (!isOpen) return;
        if (answer === undefined) sink.turnAway("no answer");
        else {
          sink.send(answer);
          onSent?.();
        }
      };
      /** Sends what waits, once what comes before that has been sent. */
      const sendQueue = async (before?: Promise<void>): Promise<void> => {
        isSending = true;
        try {
          await before;
          while (queue.length > 0) await send(queue.shift()!);
        } catch (error) {
          onError(error);
          sink.turnAway("no answer");
        }
        isSending = false;
      };
      const tell = (told: OutgoingEvent): void => {
        if (told.isOtherLog === true) {
          queue.length = 0;
          end = told.seq;
        } else if (told.seq <= end) {
          // Still being told to others when this one began.
          return;
        }
        const audience = told.audienceOf(source);
        if (audience === undefined) return;
        if (sink.isBehind(queue.length)) return sink.turnAway("too slow");
        queue.push({ told, audience });
        if (!isSending) void sendQueue();
      };
      all.add(tell);

      const sendMissed = async (from: EventPosition | undefined): Promise<void> => {
        const known = await missed(source, from, begun.seq, sink.clientKey());
        for (const told of known?.map(outgoing.of) ?? [outgoing.ofLossUpTo(begun)]) {
          const audience = told.audienceOf(source);
          if (!isOpen || audience === undefined) continue;
          await sink.room();
          await send({ told, audience });
        }
      };
      return {
        cursor: outgoing.cursorAt(begun),
        isResumed: resumed !== undefined,
        start: () => void sendQueue(resumed && sendMissed(resumed.from)),
        close() {
          isOpen = false;
          queue.length = 0;
          all.delete(tell);
        },
      };
    },
    count: () => all.size,
    tell(event) {
      // More happens than can be told. It must not pile up, and who had missed so much would be told the same.
      if (waiting.length >= mostMissed) waiting = [outgoing.ofLossUpTo(event)];
      else waiting.push(outgoing.of(event));
      if (!isTelling) void tellAll();
    },
    lost(position) {
      waiting = [{ ...outgoing.ofLossUpTo(position), isOtherLog: true }];
      if (!isTelling) void tellAll();
    },
  };
}
