import type { Message } from "graphql-ws";
import type { RawData, WebSocket } from "ws";

import type { Clock } from "../../foundation/clock.js";
import type { CpuLimiter } from "../../foundation/fairness/cpu-limiter.js";
import { messageOf } from "./message.js";

// Smaller messages are parsed at once, in less time than waiting for a turn takes.
const smallMessageBytes = 4096;

/** The recipient of a socket's messages. */
export type MessageHandler = {
  /** Whether messages are received at all. */
  readonly isListening: () => boolean;
  /** Called for a message above the rate limit. */
  readonly onTooFast: () => void;
  /** Whether too many answers wait for the client for it to ask for more. */
  readonly isBehind: () => boolean;
  readonly onBehind: () => void;
  /** Called for each message in order; undefined for bytes that are not a message. */
  readonly onMessage: (message: Message | undefined) => Promise<void> | void;
  /** Called if a message could not be handled. */
  readonly onError: (error: unknown) => void;
  readonly clientKey: () => string;
};

/** Receives the messages of a socket: counts them, and parses large ones when it is their client's turn. */
export class SocketMessages {
  received = 0;
  private second = 0;
  private receivedInSecond = 0;
  /** The message that is being parsed. Nothing more is received in the meantime. */
  private parsing: Promise<void> | undefined;

  constructor(
    private readonly ws: WebSocket,
    private readonly handler: MessageHandler,
    private readonly deps: {
      readonly clock: Clock;
      readonly turns: CpuLimiter;
      readonly messagesPerSecond: number;
    },
  ) {}

  listen(): void {
    const { ws } = this;
    // Only the last of several pings has to be answered: RFC 6455, section 5.5.3.
    ws.on("ping", (data) => this.mayGoOn() && ws.bufferedAmount === 0 && ws.pong(data));
    ws.on("pong", () => void this.mayGoOn());
    ws.on("message", (data, isBinary) => this.receive(data, isBinary));
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (!this.mayGoOn()) return;
    if (this.parsing !== undefined || (data as Buffer).length > smallMessageBytes)
      return this.parseInTurn(data, isBinary);
    const { onMessage, onError } = this.handler;
    Promise.resolve(onMessage(messageIn(data, isBinary))).catch(onError);
  }

  private parseInTurn(data: RawData, isBinary: boolean): void {
    const { isListening, onMessage, onError, clientKey } = this.handler;
    this.ws.pause();
    const before = this.parsing ?? Promise.resolve();
    const turn = before
      .then(() => this.deps.turns.run(() => messageIn(data, isBinary), { clientKey: clientKey() }))
      .then((message) => (isListening() ? onMessage(message) : undefined))
      .catch(onError)
      .finally(() => {
        if (this.parsing !== turn) return;
        this.parsing = undefined;
        this.ws.resume();
      });
    this.parsing = turn;
  }

  /** Counts a message and reports whether to go on. */
  private mayGoOn(): boolean {
    const { isListening, isBehind, onTooFast, onBehind } = this.handler;
    if (!isListening()) return false;
    if (this.isTooFast()) onTooFast();
    else if (isBehind()) onBehind();
    else return true;
    return false;
  }

  private isTooFast(): boolean {
    const second = Math.floor(this.deps.clock().getTime() / 1000);
    this.receivedInSecond = second === this.second ? this.receivedInSecond + 1 : 1;
    this.second = second;
    this.received += 1;
    return this.receivedInSecond > this.deps.messagesPerSecond;
  }
}

/** Returns the message in a frame. A binary frame is no message. */
const messageIn = (data: RawData, isBinary: boolean): Message | undefined => (isBinary ? undefined : messageOf(data));
