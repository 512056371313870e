import type { GraphQLResolveInfo } from "graphql";

import { inNextTurn, type Clock } from "../clock.js";
import type { LiveSource } from "../context.js";
import { eventColumns, type EventLog } from "../event-log/event-log.js";
import type { EventCursors, EventPosition } from "../event-log/event-cursor.js";
import type { LogEvent } from "../event-log/event.js";
import { limit, sql } from "../database/sql.js";
import type { Reader } from "../database/reader.js";
import type { EventAnswer } from "../operation/execute-event.js";
import { sharedAnswersOf } from "../operation/same-for-all.js";
import { makeTellings, type Told } from "./told.js";

/** Where a subscription's answers go. */
export type Sink = {
  readonly party: () => string;
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
};

type Queued = { readonly told: Told; readonly audience: string };

/** How many events a client may have missed, and how many may wait to be told. */
const mostMissed = 1000;
// By so much the clocks of two servers may differ.
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
  const tellings = makeTellings(parts);
  const all = new Set<(told: Told) => void>();

  // Those who come back at once come from few places.
  const instants = new Map<number, Promise<number | undefined>>();
  /** When the event at a place of the log was; undefined where there is none. */
  const instantAt = (seq: number, party: string): Promise<number | undefined> => {
    let reading = instants.get(seq);
    if (reading === undefined) {
      reading = reader
        .all<{ at: number }>(sql`select at from events where seq = ${seq}`, { pace: "short", party })
        .then(([event]) => event?.at)
        .finally(() => instants.delete(seq));
      instants.set(seq, reading);
    }
    return reading;
  };
  /** Whether a cursor's place was given anew since: the database was restored, or is a copy, whose log is its own. */
  const isOfAnotherLog = async ({ seq, issuedAt }: EventPosition, party: string): Promise<boolean> => {
    const at = await instantAt(seq, party);
    return at !== undefined && at > issuedAt + clockDifferenceMilliseconds;
  };
  /** What happened between two places of the log; undefined where that is not known, or too much. */
  const missed = async (
    source: LiveSource,
    position: EventPosition | undefined,
    end: number,
    party: string,
  ): Promise<LogEvent[] | undefined> => {
    if (position === undefined || position.issuedAt <= clock().getTime() - ttlSeconds * 1000) return undefined;
    if (position.seq > end || (await isOfAnotherLog(position, party))) return undefined;
    if (position.seq === end) return [];
    const known = await reader.all<LogEvent>(
      sql`select ${eventColumns} from events where seq > ${position.seq} and seq <= ${end} and ${source.condition}
        order by seq ${limit(mostMissed + 1)}`,
      { pace: end - position.seq > shortStretch ? "slow" : "short", party },
    );
    return known.length > mostMissed ? undefined : known;
  };

  let waiting: Told[] = [];
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
      const end = events.position();
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
      const tell = (told: Told): void => {
        // Still being told to others when this one began.
        if (told.seq <= end) return;
        const audience = told.audienceOf(source);
        if (audience === undefined) return;
        if (sink.isBehind(queue.length)) return sink.turnAway("too slow");
        queue.push({ told, audience });
        if (!isSending) void sendQueue();
      };
      all.add(tell);

      const sendMissed = async (from: EventPosition | undefined): Promise<void> => {
        const known = await missed(source, from, end, sink.party());
        for (const told of known?.map(tellings.of) ?? [tellings.ofLossUpTo(end)]) {
          const audience = told.audienceOf(source);
          if (!isOpen || audience === undefined) continue;
          await sink.room();
          await send({ told, audience });
        }
      };
      return {
        cursor: tellings.cursorAt(end),
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
      if (waiting.length >= mostMissed) waiting = [tellings.ofLossUpTo(event.seq)];
      else waiting.push(tellings.of(event));
      if (!isTelling) void tellAll();
    },
  };
}
