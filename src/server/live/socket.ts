import { CloseCode, MessageType, type Message } from "graphql-ws";
import type { RawData, WebSocket } from "ws";

import { idsOf } from "../../kit/auth.js";
import { KnownError } from "../../foundation/errors.js";
import { isRecord } from "../../kit/validation.js";
import type { Connection } from "./connections.js";
import type { RequestCaller } from "../endpoint/caller.js";
import { ConnectionCredential } from "./connection-credential.js";
import { makeOutbox } from "./outbox.js";
import { authorizationIn, credentialsOf, messageOf, serviceRestart, tryAgainLater } from "./message.js";
import type { SocketServer } from "./socket-server.js";
import { beginOperation, type OperationSocket, type SocketOperation } from "./socket-operation.js";

const initMilliseconds = 10_000;
// Smaller ones are read at once, in less time than a turn takes.
const smallMessageBytes = 4096;
/** A binary frame is no message. */
const messageIn = (data: RawData, isBinary: boolean): Message | undefined => (isBinary ? undefined : messageOf(data));

/** Whoever doesn't close is closed. */
export const closeMilliseconds = 1000;
// What was asked before a session's end is answered, if that takes no longer.
const lastAnswersMilliseconds = 500;

/**
 * Serves a socket by the protocol graphql-transport-ws, until its credential ends.
 *
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export function serveSocket(server: SocketServer, ws: WebSocket, client: RequestCaller): void {
  const { clock, timer, log, connections, limits, formatError } = server;
  const openedAt = clock();
  // Nothing is heard once it is ending, and no event leaves.
  let phase: "new" | "judging" | "open" | "ending" = "new";
  const held = new ConnectionCredential(server, client);
  const operations = new Map<string, SocketOperation>();
  const lifts = new Set<() => void>();
  const inTime = (milliseconds: number, run: () => void) => lifts.add(timer(milliseconds, run));

  const cut = () => ws.terminate();
  const outbox = makeOutbox({
    ...server,
    transmit: (part, fin, sent) => ws.send(part, { binary: false, fin }, sent),
    cut,
    clientKey: held.clientKey,
  });
  const say = (type: MessageType, payload: object | null | undefined) =>
    outbox.send([JSON.stringify({ type, ...(payload != null && { payload }) })]);
  const errorsOf = (error: KnownError) => ({ errors: [formatError({ message: "" }, error)] });

  const close = (code: number, reason: string) => {
    phase = "ending";
    ws.close(code, reason);
    inTime(closeMilliseconds, cut);
  };
  const turnAway = () => close(tryAgainLater, "Too slow: go on from the last cursor");
  /** Tells the end of the credential by a ping, which every client reads, before it closes. */
  const refuse = (error: KnownError) => {
    phase = "ending";
    server.metrics?.credentialRefused(error.details["reason"]);
    // What still waits for a slow client would reach it after the end.
    if (ws.bufferedAmount > 0) return cut();
    say(MessageType.Ping, errorsOf(error));
    close(CloseCode.Forbidden, String(error.details["reason"]));
  };
  /** What was asked before is answered, where that takes no time. */
  const lastAnswers = () => {
    phase = "ending";
    const answered = Promise.all([...operations.values()].map((operation) => operation.answered));
    return Promise.race([answered, new Promise<void>((resolve) => void inTime(lastAnswersMilliseconds, resolve))]);
  };

  const connection: Connection = {
    clientKey: held.clientKey,
    credential: held.credential,
    expire() {
      if (phase !== "ending") refuse(held.whyExpired());
    },
    endWithSession() {
      if (phase === "ending") return;
      Promise.all([held.whyEnded(), lastAnswers()]).then(([error]) => refuse(error), cut);
    },
    verify() {
      if (phase !== "open") return;
      const refuseIfBad = (error: KnownError | undefined) => {
        if (error !== undefined && phase === "open") refuse(error);
      };
      server.beginnings(() => held.verifyAgain(), { clientKey: client.addressKey }).then(refuseIfBad, cut);
    },
    stop: () => void lastAnswers().then(() => close(serviceRestart, "The server stops"), cut),
  };

  const initialise = async (payload: unknown): Promise<void> => {
    if (phase !== "new") return close(CloseCode.TooManyInitialisationRequests, "Too many initialisation requests");
    phase = "judging";
    // Who has gone while waiting would follow the log, and nobody would leave it.
    const verify = async () =>
      phase === "judging" ? held.hold(connection, credentialsOf(payload, client.authorization)) : undefined;
    const refusal = await server.beginnings(verify, { clientKey: client.addressKey });
    if (phase !== "judging") return;
    if (refusal !== undefined) return refuse(refusal);
    if (connections.countOf(held.clientKey()) > limits.connectionsOfClient)
      return close(tryAgainLater, "Too many connections are open");
    phase = "open";
    say(MessageType.ConnectionAck, held.lifetime());
  };

  const pong = async (payload: unknown): Promise<void> => {
    const given = authorizationIn(payload);
    let answer = isRecord(payload) ? payload : undefined;
    if (given !== undefined && isLive()) {
      const refusal = await held.renew(connection, given);
      answer = refusal === undefined ? held.lifetime() : errorsOf(refusal);
    }
    if (phase !== "ending") say(MessageType.Pong, answer);
  };

  /** Whether it goes on; what comes when its time is over, and before a timer has told so, ends it. */
  const isLive = (): boolean => {
    if (phase === "open" && held.isOver()) connection.expire();
    return phase === "open";
  };
  const socket: OperationSocket = {
    client,
    held,
    outbox,
    isOpen: () => ws.readyState === ws.OPEN,
    isLive,
    cut,
    turnAway,
  };
  const subscribe = ({ id, payload }: { readonly id: string; readonly payload: object }): void => {
    if (phase === "new" || phase === "judging") return close(CloseCode.Unauthorized, "Unauthorized");
    if (!isLive()) return;
    if (operations.has(id)) return close(CloseCode.SubscriberAlreadyExists, "Subscriber already exists");
    if (operations.size >= limits.operationsOfSocket) {
      const busy = new KnownError("SERVICE_UNAVAILABLE", "Too many operations are under way on this socket");
      return void outbox.send([JSON.stringify({ id, type: MessageType.Error, payload: errorsOf(busy).errors })]);
    }
    const asked = { id, payload: payload as Record<string, unknown> };
    const operation = beginOperation(server, socket, asked, () => void operations.delete(id));
    operations.set(id, operation);
  };

  // One renewal after the other, or an older one might come last.
  let lastPong = Promise.resolve();
  const hear = (message: Message): Promise<void> | void => {
    switch (message.type) {
      case MessageType.ConnectionInit:
        return initialise(message.payload);
      case MessageType.Ping:
        return (lastPong = lastPong.then(() => pong(message.payload)));
      case MessageType.Pong:
        return undefined;
      case MessageType.Subscribe:
        return subscribe(message);
      case MessageType.Complete:
        return operations.get(message.id)?.end();
      default:
        return close(CloseCode.BadRequest, "Invalid message received");
    }
  };

  const heard = { inAll: 0, inSecond: 0, second: 0 };
  const isTooFast = (): boolean => {
    const second = Math.floor(clock().getTime() / 1000);
    heard.inSecond = second === heard.second ? heard.inSecond + 1 : 1;
    heard.second = second;
    heard.inAll += 1;
    return heard.inSecond > limits.messagesPerSecond;
  };
  /** Counts what was heard, and answers whether to go on. */
  const mayGoOn = (): boolean => {
    if (phase === "ending") return false;
    if (isTooFast()) close(CloseCode.TooManyInitialisationRequests, "Too many messages in a second");
    // Answers would pile up for who doesn't read them.
    else if (outbox.isBehind(0)) turnAway();
    else return true;
    return false;
  };
  // A ping need not be answered where a later one will be: RFC 6455, section 5.5.3.
  ws.on("ping", (data) => mayGoOn() && ws.bufferedAmount === 0 && ws.pong(data));
  ws.on("pong", mayGoOn);
  const act = (message: Message | undefined): Promise<void> | void =>
    message === undefined ? close(CloseCode.BadRequest, "Invalid message received") : hear(message);
  // The database is away when a credential has to be verified, or too much waits. No message could be answered with it.
  const giveUp = (error: unknown) =>
    close(tryAgainLater, String(formatError({ message: "" }, error).extensions?.["code"]));
  let reading: Promise<void> | undefined;
  /** Reads a message when its turn comes, and after those before it. Nothing more is received meanwhile. */
  const readInTurn = (data: RawData, isBinary: boolean): void => {
    ws.pause();
    const before = reading ?? Promise.resolve();
    const turn = before
      .then(() => server.parsing.run(() => messageIn(data, isBinary), { clientKey: held.clientKey() }))
      .then((message) => (phase === "ending" ? undefined : act(message)))
      .catch(giveUp)
      .finally(() => {
        if (reading !== turn) return;
        reading = undefined;
        ws.resume();
      });
    reading = turn;
  };
  ws.on("message", (data, isBinary) => {
    if (!mayGoOn()) return;
    if (reading !== undefined || (data as Buffer).length > smallMessageBytes) return readInTurn(data, isBinary);
    Promise.resolve(act(messageIn(data, isBinary))).catch(giveUp);
  });
  ws.on("close", (code) => {
    phase = "ending";
    for (const cancel of lifts) cancel();
    for (const operation of operations.values()) operation.end();
    outbox.close();
    connections.remove(connection);
    const { auth } = held;
    log.info(
      {
        requestId: client.requestId,
        credential: auth.state,
        ...idsOf(auth),
        address: client.address,
        code,
        messages: heard.inAll,
        durationMs: clock().getTime() - openedAt.getTime(),
      },
      "socket closed",
    );
  });
  connections.add(connection);
  inTime(initMilliseconds, () => {
    if (phase === "new") close(CloseCode.ConnectionInitialisationTimeout, "Connection initialisation timeout");
  });
}
