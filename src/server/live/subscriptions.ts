import type { GraphQLResolveInfo } from "graphql";

import type { LiveSource } from "../../kit/context.js";
import type { EventCursors } from "../../database/event-log/event-cursor.js";
import type { EventLog } from "../../database/event-log/event-log.js";
import type { EventMark, LoggedEvent } from "../../database/event-log/event.js";
import type { Reader } from "../../database/reader.js";
import { inNextTurn, type Clock } from "../../foundation/clock.js";
import { MissedEvents, mostMissed } from "./missed-events.js";
import { OutgoingEvents, type OutgoingEvent, type SharedSource } from "./outgoing-event.js";
import { EventQueue, type Sink } from "./event-queue.js";

export type Subscription = {
  /** The cursor of the position at which it starts. */
  readonly cursor: string;
  /** Whether it goes on from a cursor that the client had. */
  readonly isResumed: boolean;
  readonly start: () => void;
  readonly close: () => void;
};

// Other work of the process goes on after each batch of subscribers of an event.
const batchSize = 50;

/** All subscriptions of a process. */
export class Subscriptions {
  private readonly all = new Set<EventQueue>();
  /** The sources that subscriptions follow, by their definitions. */
  private readonly followed = new Map<unknown, SharedSource & { readonly count: number }>();
  private readonly outgoing: OutgoingEvents;
  private readonly missed: MissedEvents;
  private waiting: OutgoingEvent[] = [];
  private isPublishing = false;

  constructor(
    private readonly deps: {
      readonly events: EventLog;
      readonly cursors: EventCursors;
      readonly reader: Reader;
      readonly clock: Clock;
      /** The log keeps events for this long. */
      readonly ttlSeconds: number;
      /** Called for an error that nobody expected. */
      readonly onError: (error: unknown) => void;
      /** Called for each event that a subscriber is sent. */
      readonly onSent?: (() => void) | undefined;
    },
  ) {
    this.outgoing = new OutgoingEvents(deps);
    this.missed = new MissedEvents(deps);
  }

  /**
   * Opens a subscription for the events from now on or, with a cursor, for those since the cursor.
   *
   * @throws KnownError `BAD_USER_INPUT` if `after` is not a cursor.
   */
  async open(
    source: LiveSource,
    after: string | null | undefined,
    info: GraphQLResolveInfo,
    sink: Sink,
  ): Promise<Subscription> {
    const { events, cursors, onError, onSent } = this.deps;
    const resumed = after == null ? undefined : { from: cursors.open(after) };
    await events.catchUp();
    const begun = events.position();
    const queue = new EventQueue(source, info, sink, begun.seq, { error: onError, sent: onSent });
    this.all.add(queue);
    this.count(source, 1);
    const missed = async () => {
      const found = await this.missed.since(resumed!.from, begun.seq, source, sink.clientKey());
      return found?.map((event) => this.outgoing.of(event)) ?? [this.outgoing.ofLossUpTo(begun)];
    };
    return {
      cursor: this.outgoing.cursorAt(begun),
      isResumed: resumed !== undefined,
      start: () => void queue.sendAll(resumed && missed()),
      close: () => {
        queue.close();
        if (this.all.delete(queue)) this.count(source, -1);
      },
    };
  }

  size(): number {
    return this.all.size;
  }

  /** Publishes an event to all subscriptions. Returns false if none follows its topic. */
  publish(logged: LoggedEvent): boolean {
    const { topic } = logged.event;
    if (![...this.followed.values()].some(({ topics }) => topics.has(topic))) return false;
    // Events arrive faster than they can be delivered. A client that missed this many would be sent RESET anyway.
    if (this.waiting.length >= mostMissed) this.waiting = [this.outgoing.ofLossUpTo(logged.mark)];
    else this.waiting.push(this.outgoing.of(logged));
    if (!this.isPublishing) void this.publishAll();
    return true;
  }

  /** Tells all subscriptions that the log went back, and goes on from a position of it. */
  lost(position: EventMark): void {
    this.waiting = [this.outgoing.ofLossUpTo(position, true)];
    if (!this.isPublishing) void this.publishAll();
  }

  private count({ topics, definition }: SharedSource, change: 1 | -1): void {
    const count = (this.followed.get(definition)?.count ?? 0) + change;
    if (count > 0) this.followed.set(definition, { topics, definition, count });
    else this.followed.delete(definition);
  }

  /** Reads what decides who receives an event. Undefined if there is nothing to read. */
  private load(event: OutgoingEvent): Promise<unknown> | undefined {
    const loads = [...this.followed.values()].map((source) => event.load(source)).filter((load) => load !== undefined);
    return loads.length === 0 ? undefined : Promise.all(loads.map((load) => load.catch(this.deps.onError)));
  }

  /** Publishes one event after the other, each to a batch of subscriptions at a time. */
  private async publishAll(): Promise<void> {
    this.isPublishing = true;
    for (let event = this.waiting.shift(); event !== undefined; event = this.waiting.shift()) {
      const loading = this.load(event);
      if (loading !== undefined) await loading;
      let count = 0;
      for (const queue of this.all) {
        queue.add(event);
        count += 1;
        if (count % batchSize === 0) await new Promise<void>(inNextTurn);
      }
    }
    this.isPublishing = false;
  }
}
