import { CloseCode, MessageType, parseMessage, type Message } from "graphql-ws";
import type { GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";
import type { WebSocket } from "ws";

import { refusalOf, type Auth } from "../auth.js";
import type { Clock, Timer } from "../clock.js";
import { KnownError } from "../errors.js";
import type { EventLog } from "../event-log/event-log.js";
import { requestOf } from "../operation/graphql-request.js";
import type { TrustedDocuments } from "../operation/trusted-documents.js";
import { isRecord } from "../validation.js";
import type { Connection, Connections } from "./connections.js";
import { endOf, lifetimeOf } from "./lifetime.js";
import { operate, type Operator } from "./operator.js";
import { makeOutbox } from "./outbox.js";
import type { Subscription } from "./subscriptions.js";

export type SocketServer = Operator & {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  readonly events: EventLog;
  /** Begins to follow the event log, where that isn't done yet. */
  readonly follow: () => Promise<void>;
  readonly connections: Connections;
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly clockToleranceSeconds: number;
  readonly sendTimeoutMilliseconds: number;
  readonly limits: SocketLimits;
};

export type SocketLimits = {
  /** How many sockets and streams one party may have open. */
  readonly connectionsOfParty: number;
  readonly subscriptionsOfSocket: number;
  readonly messagesPerSecond: number;
};

/** Who opened a socket. */
export type Client = {
  readonly authorization: readonly string[];
  readonly userAgent: string | null;
  readonly address: string | null;
  /** What stands for the address where nobody is signed in. */
  readonly addressKey: string;
  readonly requestId: string;
};

/** Codes beside those of the library (RFC 6455, section 7.4; and IANA's registry). */
const serviceRestart = 1012;
const tryAgainLater = 1013;

const initMilliseconds = 10_000;
// Whoever doesn't close is closed.
const closeMilliseconds = 1000;
// What was asked before the end of its session is answered, if it takes no longer.
const lastAnswersMilliseconds = 500;

type Operation = { end: () => void };

/**
 * Serves a socket by the protocol graphql-transport-ws, until its credential ends.
 *
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export function serveSocket(server: SocketServer, ws: WebSocket, client: Client): void {
  const { clock, timer, log, events, connections, limits, formatError } = server;
  const openedAt = clock().getTime();
  let phase: "new" | "judging" | "open" | "ended" = "new";
  let authorization: readonly string[] = [];
  let auth: Auth = { state: "anonymous" };
  let count = 0;
  let outgoing = Promise.resolve();
  const operations = new Map<string, Operation>();
  const answering = new Set<Promise<unknown>>();
  const lifts = new Set<() => void>();
  const after = (milliseconds: number, run: () => void) => lifts.add(timer(milliseconds, run));

  const cut = () => ws.terminate();
  const party = () => (auth.state === "viewer" ? auth.viewer.userId : client.addressKey);
  const outbox = makeOutbox({
    transmit: (text, sent) => ws.send(text, sent),
    cut,
    party,
    answers: server.answers,
    timer,
    sendTimeoutMilliseconds: server.sendTimeoutMilliseconds,
  });
  const say = (message: { type: MessageType; id?: string; payload?: unknown }) => outbox.send(JSON.stringify(message));
  const format = (error: KnownError): GraphQLFormattedError => formatError({ message: "" }, error);

  const judge = async (of: readonly string[]) => {
    const context = await server.createContext({ ...client, authorization: of });
    context.liftDeadline();
    return context;
  };

  /** Takes no more input, and lets no more out. */
  const stopListening = () => {
    phase = "ended";
  };
  const close = (code: number, reason: string) => {
    stopListening();
    ws.close(code, reason);
    after(closeMilliseconds, cut);
  };
  /** The end of the credential: told by a ping that every client reads, and by the close that ends it. */
  const refuse = (error: KnownError) => {
    // What waits for a slow client would leave after this.
    if (ws.bufferedAmount > 0) return cut();
    say({ type: MessageType.Ping, payload: { errors: [format(error)] } });
    close(CloseCode.Forbidden, String(error.details["reason"]));
  };
  const answered = () => Promise.race([Promise.allSettled(answering), wait(timer, lastAnswersMilliseconds)]);

  const connection: Connection = {
    party,
    credential: () => endOf(auth, server.clockToleranceSeconds),
    expire() {
      if (phase === "ended" || auth.state !== "viewer") return;
      stopListening();
      refuse(refusalOf({ state: "expired", expiredAt: auth.expiresAt }, clock())!);
    },
    endWithSession() {
      if (phase === "ended") return;
      stopListening();
      const why = async () => {
        const judged = await judge(authorization).catch(() => undefined);
        await answered();
        const now = clock();
        refuse((judged && refusalOf(judged.auth, judged.now)) ?? refusalOf({ state: "revoked" }, now)!);
      };
      why().catch(cut);
    },
    stop() {
      stopListening();
      void answered().then(() => close(serviceRestart, "The server stops"));
    },
  };
  connections.add(connection);
  after(initMilliseconds, () => {
    if (phase === "new") close(CloseCode.ConnectionInitialisationTimeout, "Connection initialisation timeout");
  });

  const initialise = async (payload: unknown): Promise<void> => {
    if (phase !== "new") return close(CloseCode.TooManyInitialisationRequests, "Too many initialisation requests");
    phase = "judging";
    authorization = credentialsOf(payload, client.authorization);
    await server.follow();
    const before = events.position();
    let judged = await judge(authorization);
    auth = judged.auth;
    connections.noteCredential(connection);
    // An end of the session that was told before it was known which session to listen for.
    if (events.position() !== before) judged = await judge(authorization);
    if (phase !== "judging") return;
    auth = judged.auth;
    const refusal = refusalOf(auth, judged.now);
    if (refusal !== undefined) return refuse(refusal);
    if (connections.countOf(party()) > limits.connectionsOfParty)
      return close(tryAgainLater, "Too many connections are open");
    phase = "open";
    say({ type: MessageType.ConnectionAck, payload: lifetimeOf(auth, judged.now) });
  };

  /** A newer token of the same session moves the end. Anything else leaves the socket as it was. */
  const renew = async (given: string): Promise<object> => {
    const judged = await judge([given]);
    if (
      judged.auth.state !== "viewer" ||
      auth.state !== "viewer" ||
      judged.auth.viewer.sessionId !== auth.viewer.sessionId
    ) {
      const bad = refusalOf(judged.auth, judged.now) ?? refusalOf({ state: "invalid" }, judged.now)!;
      return { errors: [format(bad)] };
    }
    if (judged.auth.expiresAt > auth.expiresAt) {
      auth = judged.auth;
      authorization = [given];
      connections.noteCredential(connection);
    }
    return lifetimeOf(auth, judged.now);
  };

  const pong = async (payload: Readonly<Record<string, unknown>> | null | undefined): Promise<void> => {
    const given = payload == null ? undefined : authorizationIn(payload);
    const answer = given === undefined || phase !== "open" ? payload : await renew(given);
    if (phase !== "ended") say({ type: MessageType.Pong, ...(answer != null && { payload: answer }) });
  };

  const subscribe = async (id: string, payload: Readonly<Record<string, unknown>>): Promise<void> => {
    let subscription: Subscription | undefined;
    let endOperation = () => {};
    let isGone = false;
    const operation: Operation = {
      end() {
        isGone = true;
        endOperation();
        subscription?.close();
        operations.delete(id);
      },
    };
    operations.set(id, operation);
    const wanted = () => !isGone && (phase as string) !== "ended";
    const fail = (errors: readonly GraphQLFormattedError[]) => say({ type: MessageType.Error, id, payload: errors });
    const send = (json: string, isEvent: boolean) =>
      outbox.send(`{"id":${JSON.stringify(id)},"type":"next","payload":${json}}`, isEvent);
    const turnAway = () => close(tryAgainLater, "Too slow: go on from the last cursor");
    try {
      const asked = requestOf(payload, server.trustedDocuments);
      const outcome = await operate(server, asked, {
        ...client,
        authorization,
        onceGone: (end) => (endOperation = end),
        cut,
        auth: () => auth,
        sink: {
          room: outbox.room,
          isBehind: outbox.isBehind,
          send: (json) => void (wanted() && (send(json, true) || turnAway())),
          turnAway: () => void (wanted() && turnAway()),
        },
      });
      subscription = outcome.subscription;
      logOperation(outcome.context?.outcome);
      // Answers to what was sent before the end of its session still go out; events don't.
      if (isGone || ws.readyState !== ws.OPEN) return subscription?.close();
      if (outcome.refusal !== undefined) fail(outcome.refusal);
      else if (subscription === undefined) {
        if (send(outcome.json, false)) say({ type: MessageType.Complete, id });
        else fail([format(new KnownError("SERVICE_UNAVAILABLE", "Too much is on its way to this client"))]);
      } else if (!wanted()) subscription.close();
      else {
        if (!subscription.isResumed) send(outcome.json, true);
        subscription.start();
        return;
      }
    } catch (error) {
      if (!isGone && ws.readyState === ws.OPEN) fail([formatError({ message: "" }, error)]);
    }
    operations.delete(id);
  };
  const logOperation = (outcome: { operationName: string | undefined; error: unknown } | undefined) =>
    log.info(
      { requestId: client.requestId, operation: outcome?.operationName ?? null, ...codeOf(outcome?.error) },
      "operation",
    );

  const hear = (message: Message): Promise<void> | void => {
    switch (message.type) {
      case MessageType.ConnectionInit:
        return initialise(message.payload);
      case MessageType.Ping: {
        // One renewal after the other, or an older one could come last.
        const { payload } = message;
        return (outgoing = outgoing.then(() => pong(payload as Record<string, unknown> | undefined)));
      }
      case MessageType.Pong:
        return;
      case MessageType.Subscribe: {
        const { id, payload } = message;
        if (phase !== "open") return close(CloseCode.Unauthorized, "Unauthorized");
        if (operations.has(id))
          return close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id.slice(0, 40)} already exists`);
        if (operations.size >= limits.subscriptionsOfSocket)
          return void say({
            type: MessageType.Error,
            id,
            payload: [format(new KnownError("SERVICE_UNAVAILABLE", "Too many operations run on this socket"))],
          });
        const answer = subscribe(id, payload as unknown as Record<string, unknown>).finally(() =>
          answering.delete(answer),
        );
        answering.add(answer);
        return answer;
      }
      case MessageType.Complete:
        return operations.get(message.id)?.end();
      default:
        return close(CloseCode.BadRequest, "Invalid message received");
    }
  };

  let second = 0;
  let heard = 0;
  ws.on("message", (data, isBinary) => {
    if (phase === "ended") return;
    count += 1;
    const now = Math.floor(clock().getTime() / 1000);
    heard = now === second ? heard + 1 : 1;
    second = now;
    if (heard > limits.messagesPerSecond)
      return close(CloseCode.TooManyInitialisationRequests, "Too many messages in a second");
    let message: Message;
    try {
      if (isBinary) throw new Error("no text");
      message = parseMessage(String(data));
    } catch {
      return close(CloseCode.BadRequest, "Invalid message received");
    }
    Promise.resolve(hear(message)).catch((error: unknown) => {
      // What a message of its own can't be answered with: the database is away, say.
      const { extensions } = formatError({ message: "" }, error);
      close(tryAgainLater, String(extensions?.["code"]));
    });
  });
  // A frame that breaks the protocol, or a connection that breaks: both are followed by the close.
  ws.on("error", () => {});
  ws.on("close", (code) => {
    stopListening();
    for (const lift of lifts) lift();
    for (const operation of operations.values()) operation.end();
    outbox.close();
    connections.remove(connection);
    log.info(
      {
        requestId: client.requestId,
        credential: auth.state,
        ...(auth.state === "viewer" && { userId: auth.viewer.userId }),
        code,
        messages: count,
        durationMs: clock().getTime() - openedAt,
      },
      "socket closed",
    );
  });
}

/** The credential of the first message, in whatever case its name is; else that of the request that opened the socket. */
function credentialsOf(payload: unknown, ofRequest: readonly string[]): readonly string[] {
  const given = isRecord(payload) ? authorizationIn(payload) : undefined;
  if (given === undefined || (ofRequest.length === 1 && ofRequest[0] === given))
    return given === undefined ? ofRequest : [given];
  return [given, ...ofRequest];
}

function authorizationIn(payload: Readonly<Record<string, unknown>>): string | undefined {
  const given = Object.entries(payload).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  return given === undefined || given === null ? undefined : String(given);
}

const codeOf = (error: unknown) => (isRecord(error) ? { code: error["code"], reason: error["reason"] } : {});

const wait = (timer: Timer, milliseconds: number): Promise<void> =>
  new Promise((resolve) => void timer(milliseconds, resolve));
