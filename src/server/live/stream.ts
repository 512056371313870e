import type { FastifyReply, FastifyRequest } from "fastify";

import type { Live } from "../../kit/context.js";
import { tooBusy } from "../../foundation/fairness/turns.js";
import type { KnownError } from "../../foundation/errors.js";
import type { AnswerStream } from "../connection/answer-stream.js";
import { onResponseEnd } from "../connection/on-response-end.js";
import type { StreamFraming } from "../connection/stream-framing.js";
import type { GraphqlRequest } from "../../graphql/graphql-request.js";
import type { Connection } from "./connections.js";
import { callerOf } from "../endpoint/caller.js";
import { ConnectionCredential } from "./connection-credential.js";
import { executorOf } from "./run-operation.js";
import { around, makeOutbox } from "./outbox.js";
import type { SocketServer } from "./socket-server.js";
import type { Subscription } from "./subscriptions.js";

const heartbeatMilliseconds = 10_000;

/** Prepares the stream of a request that may turn out to be a subscription, whose credential is the request's own. */
export function openStream(
  server: SocketServer,
  framing: StreamFraming,
  asked: GraphqlRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): AnswerStream {
  const { timer, connections, limits, formatError } = server;
  const { before, after } = framing.next;
  const { raw } = reply;
  const client = callerOf(request);
  const held = new ConnectionCredential(server, client);
  let subscription: Subscription | undefined;
  let phase: "new" | "open" | "ended" = "new";
  let cancelHeartbeat: (() => void) | undefined;
  /** What it ends with, where that is known before it has begun. */
  let last: string | undefined;

  const cut = () => request.raw.socket.destroy();
  const outbox = makeOutbox({
    ...server,
    transmit: (part, _isLast, sent) => raw.write(part, sent),
    cut,
    clientKey: held.clientKey,
  });
  const close = () => {
    phase = "ended";
    cancelHeartbeat?.();
    subscription?.close();
    outbox.close();
    connections.remove(connection);
  };
  /** Ends the stream; what still waits for a slow client would reach it after the end. */
  const end = (text: string) => {
    const isBehind = raw.writableLength > 0;
    const wasOpen = phase === "open";
    if (phase !== "ended") last = text;
    close();
    if (!wasOpen) return;
    if (isBehind) cut();
    else raw.end(text);
  };
  const refuse = (error: KnownError) =>
    end(framing.failure(JSON.stringify([formatError({ message: "" }, error)])) + framing.tail);

  const connection: Connection = {
    clientKey: held.clientKey,
    credential: held.credential,
    expire: () => refuse(held.whyExpired()),
    endWithSession() {
      subscription?.close();
      held.whyEnded().then(refuse, cut);
    },
    verify() {
      const verified = server.beginnings(() => held.verifyAgain(), { clientKey: client.addressKey });
      verified.then((error) => void (error !== undefined && refuse(error)), cut);
    },
    stop: () => end(framing.tail),
  };
  const heartbeat = () => {
    outbox.send([framing.heartbeat]);
    cancelHeartbeat = timer(heartbeatMilliseconds, heartbeat);
  };

  const begin: Live["begin"] = async (source, cursor, info) => {
    if (connections.isFull()) throw tooBusy();
    connections.add(connection);
    const refusal = await held.hold(connection, client.authorization);
    if (refusal !== undefined) throw refusal;
    if (connections.countOf(held.clientKey()) > limits.connectionsOfClient) throw tooBusy();
    subscription = await server.subscriptions.open(source, cursor, info, {
      execute: executorOf(server, asked.variables, client, () => held.auth),
      clientKey: held.clientKey,
      room: outbox.room,
      isBehind: outbox.isBehind,
      send(answer) {
        if (held.isOver()) connection.expire();
        if (phase === "open" && !outbox.send(around(before, answer, after), { isEvent: true })) cut();
      },
      turnAway: cut,
    });
    return subscription.cursor;
  };
  return {
    live: { begin },
    hasBegun: () => subscription !== undefined,
    start(first) {
      if (phase === "ended" || request.raw.socket.destroyed) {
        close();
        return void raw.end(framing.head + (last ?? ""));
      }
      phase = "open";
      onResponseEnd(request, reply, close);
      const isResumed = subscription!.isResumed;
      outbox.send([framing.head + (isResumed ? "" : before + first + after)], { isEvent: !isResumed });
      subscription!.start();
      cancelHeartbeat = timer(heartbeatMilliseconds, heartbeat);
    },
    close,
  };
}
