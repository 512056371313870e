import type { FastifyReply, FastifyRequest } from "fastify";

import { KnownError } from "../../foundation/errors.js";
import type { GraphqlRequest } from "../../graphql/graphql-request.js";
import { jsonOf, type Outcome } from "../../graphql/outcome.js";
import type { RunOperation } from "../../graphql/run-operation.js";
import { writeStreamHead, type AnswerStream } from "../connection/answer-stream.js";
import { AnswerRoom, type ByteBudget, type ByteShare } from "../connection/byte-budget.js";
import { endpointPath } from "../connection/paths.js";
import type { StreamFraming } from "../connection/stream-framing.js";
import { onResponseEnd } from "../connection/on-response-end.js";
import { callerOf } from "./caller.js";
import { readAccept } from "./media-type.js";
import { readRequest, type RequestReading } from "./read-request.js";
import { respond } from "./respond.js";

export type GraphqlEndpoint = RequestReading & {
  readonly run: RunOperation;
  /** The bytes of all bodies and of all responses in progress. */
  readonly bodies: ByteBudget;
  readonly answers: ByteBudget;
  readonly sendTimeoutMilliseconds: number;
  /** Prepares the stream of a request that may turn out to be a subscription. */
  readonly openStream: (
    framing: StreamFraming,
    asked: GraphqlRequest,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => AnswerStream;
};

/** Answers a GraphQL request over HTTP. */
export async function answerGraphql(
  endpoint: GraphqlEndpoint,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (isBrowserVisit(request)) return reply.redirect("/", 303);
  const accept = readAccept(request.headers.accept);
  const { takesJson, framing } = accept;
  if (!takesJson && framing === undefined)
    throw new KnownError("NOT_ACCEPTABLE", "Accept must allow application/graphql-response+json or application/json");

  // Not the request, which ends by itself once it has been read.
  const cut = () => request.raw.socket.destroy();
  const room = new AnswerRoom(endpoint.answers, cut);
  let body: ByteShare | undefined;
  let cancel: (() => void) | undefined;
  onResponseEnd(request, reply, () => {
    if (!reply.raw.writableFinished) cancel?.();
    body?.close();
    room.close();
  });

  const caller = callerOf(request);
  const asked = await readRequest(endpoint, request, caller.addressKey, () => {
    body = endpoint.bodies.open(caller.addressKey, cut);
    return body;
  });
  const stream = framing && endpoint.openStream(framing, asked, request, reply);
  const outcome = await endpoint.run(asked, caller, {
    onStart: (end) => (cancel = end),
    takeRoom: room.take,
    live: stream?.live,
    span: request.span?.operation(),
  });
  if (framing !== undefined && outcome.errors === undefined && (stream!.hasBegun() || !takesJson))
    return respondWithStream(reply, outcome, framing, stream!);
  stream?.close();
  return respond(reply, outcome, accept, room, endpoint.sendTimeoutMilliseconds);
}

const isBrowserVisit = ({ method, url, headers }: FastifyRequest): boolean =>
  method === "GET" && url === endpointPath && /^text\/html\b/.test(headers.accept ?? "");

/** Sends a subscription's first answer and starts what follows, or a query's only answer. */
function respondWithStream(
  reply: FastifyReply,
  outcome: Outcome,
  framing: StreamFraming,
  stream: AnswerStream,
): FastifyReply {
  reply.request.outcome = outcome;
  const first = jsonOf(outcome);
  writeStreamHead(reply, framing);
  if (stream.hasBegun()) stream.start(first);
  else reply.raw.end(framing.head + framing.next.before + first + framing.next.after + framing.complete);
  return reply;
}
