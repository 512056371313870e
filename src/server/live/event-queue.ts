import type { GraphQLResolveInfo } from "graphql";

import type { LiveSource } from "../../kit/context.js";
import type { EventAnswer } from "../../graphql/execute-event.js";
import { sharedAnswersOf } from "../../graphql/same-for-all.js";
import type { OutgoingEvent } from "./outgoing-event.js";

/** The recipient of a subscription's answers. */
export type Sink = {
  readonly clientKey: () => string;
  /** Executes the subscription's document on an event. Undefined if a temporary error prevents it. */
  readonly execute: (value: object, info: GraphQLResolveInfo) => Promise<EventAnswer | undefined>;
  /** Resolves when the client has read enough of what was sent before. */
  readonly room: () => Promise<void>;
  /** Whether too much waits for the client if another `events` are to be sent. */
  readonly isBehind: (events: number) => boolean;
  readonly send: (answer: EventAnswer) => void;
  /** Closes the connection. Its client comes back later and goes on from its last cursor. */
  readonly turnAway: () => void;
};

type Queued = { readonly event: OutgoingEvent; readonly audience: string };

/** One subscription: queues events, executes them in order and sends the answers. */
export class EventQueue {
  private readonly queue: Queued[] = [];
  private readonly shared: ReturnType<typeof sharedAnswersOf>;
  /** Events wait until the subscription is started. */
  private isSending = true;
  private isOpen = true;

  /** @param end the last position of the log that the subscriber needs no event of. */
  constructor(
    private readonly source: LiveSource,
    private readonly info: GraphQLResolveInfo,
    private readonly sink: Sink,
    private end: number,
    private readonly on: { readonly error: (error: unknown) => void; readonly sent: (() => void) | undefined },
  ) {
    this.shared = sharedAnswersOf(info);
  }

  add(event: OutgoingEvent): void {
    if (event.isOtherLog === true) {
      this.queue.length = 0;
      this.end = event.seq;
      // An older event may still be on its way to other subscribers when this one begins.
    } else if (event.seq <= this.end) return;
    // It could not be loaded. The client comes back later and goes on from its last cursor.
    if (event.isUndecided(this.source)) return this.sink.turnAway();
    const audience = event.audienceOf(this.source);
    if (audience === undefined) return;
    if (this.sink.isBehind(this.queue.length)) return this.sink.turnAway();
    this.queue.push({ event, audience });
    if (!this.isSending) void this.sendAll();
  }

  /** Sends the queued events, after those that the subscriber missed. */
  async sendAll(missed?: Promise<readonly OutgoingEvent[]>): Promise<void> {
    this.isSending = true;
    try {
      for (const event of (await missed) ?? []) await this.sendMissed(event);
      while (this.queue.length > 0) await this.send(this.queue.shift()!);
    } catch (error) {
      this.on.error(error);
      this.sink.turnAway();
    }
    this.isSending = false;
  }

  close(): void {
    this.isOpen = false;
    this.queue.length = 0;
  }

  private async sendMissed(event: OutgoingEvent): Promise<void> {
    await event.load(this.source);
    const audience = event.audienceOf(this.source);
    if (!this.isOpen || audience === undefined) return;
    await this.sink.room();
    await this.send({ event, audience });
  }

  private async send(queued: Queued): Promise<void> {
    const answer = await this.answerOf(queued);
    if (!this.isOpen) return;
    if (answer === undefined) return this.sink.turnAway();
    this.sink.send(answer);
    this.on.sent?.();
  }

  /** Returns the answer to an event. Subscribers of one audience and document share it. */
  private async answerOf({ event, audience }: Queued): Promise<EventAnswer | undefined> {
    const { shared, source, info, sink } = this;
    const make = () => sink.execute(event.value(source, audience), info);
    if (shared === undefined) return make();
    const traits = shared.traits.length === 0 ? "" : await event.traits(source, shared.traits);
    const key = `${audience} ${traits} ${shared.key}`;
    let answer = event.answers.get(key);
    if (answer === undefined) event.answers.set(key, (answer = make()));
    return answer;
  }
}
