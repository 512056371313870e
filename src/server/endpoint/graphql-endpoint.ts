import type { FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";

import type { Caller, OperationContext } from "../../graphql/create-context.js";
import type { ProcessorTurns } from "../../foundation/fairness/processor-turns.js";
import { tooBusy } from "../../foundation/fairness/turns.js";
import { KnownError } from "../../foundation/errors.js";
import type { Named } from "../../foundation/metrics/operation-label.js";
import { placedJson, textOf } from "../../graphql/answer-json.js";
import { executeRequest, type Executor } from "../../graphql/execute.js";
import { parametersOfBody, requestOf, type GraphqlRequest } from "../../graphql/graphql-request.js";
import type { TrustedDocuments } from "../../graphql/trusted-documents.js";
import { writeStreamHead, type AnswerStream } from "../connection/answer-stream.js";
import type { ByteBudget, ByteShare } from "../connection/byte-budget.js";
import { callerOf } from "./caller.js";
import { answerOperationFailure } from "../connection/error-response.js";
import { mediaTypeFor, readAccept } from "./media-type.js";
import { endpointPath } from "../connection/paths.js";
import { readJson } from "./read-json.js";
import { readBody } from "../connection/request-body.js";
import { partialSuccess } from "./response-status.js";
import { sendAnswer } from "./send-answer.js";
import type { StreamFraming } from "../connection/stream-framing.js";
import { parametersOfUrl } from "./url-parameters.js";
import { whenOver } from "../connection/when-over.js";

export type GraphqlEndpoint = Executor & {
  readonly createContext: (caller: Caller) => Promise<OperationContext>;
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly maxBodyBytes: number;
  /** Bytes of all bodies and of all answers that are under way. */
  readonly bodies: ByteBudget;
  readonly answers: ByteBudget;
  readonly sendTimeoutMilliseconds: number;
  readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  /** Names the operation of a request that has no context. */
  readonly nameOf: (asked: GraphqlRequest) => Named;
  /** Prepares the stream of a request that may turn out to be a subscription. */
  readonly openStream: (
    framing: StreamFraming,
    asked: GraphqlRequest,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => AnswerStream;
  /** Turns at the processor for large bodies, whose senders aren't known yet. */
  readonly parsing: ProcessorTurns;
};

// Smaller ones are parsed at once, in less time than a turn takes.
const smallBodyBytes = 16 * 1024;

/** Answers a GraphQL request over HTTP: method, media type, body, credential, operation, status, bytes. */
export async function answerGraphql(
  endpoint: GraphqlEndpoint,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // Somebody who opens the endpoint in a browser.
  if (request.method === "GET" && request.url === endpointPath && /^text\/html\b/.test(request.headers.accept ?? ""))
    return reply.redirect("/", 303);
  const { method } = request;
  const { accept } = request.headers;
  const { something: takesJson, framing } = readAccept(accept);
  if (!takesJson && framing === undefined)
    throw new KnownError("NOT_ACCEPTABLE", "Accept must allow application/graphql-response+json or application/json");

  let endOperation: (() => void) | undefined;
  // Not the request, which ends by itself once it has been read.
  const cut = () => request.raw.socket.destroy();
  let body: ByteShare | undefined;
  let answer: ByteShare | undefined;
  whenOver(request, reply, () => {
    if (!reply.raw.writableFinished) endOperation?.();
    body?.close();
    answer?.close();
  });

  const caller = callerOf(request);
  const readParameters = async () => {
    if (method === "GET") return parametersOfUrl(request.raw.url!);
    body = endpoint.bodies.open(caller.addressKey, cut);
    const bytes = await readBody(request.raw, endpoint.maxBodyBytes, body);
    const read = () => parametersOfBody(readJson(bytes));
    return bytes.length <= smallBodyBytes ? read() : endpoint.parsing.run(read, { party: caller.addressKey });
  };
  const asked = requestOf(await readParameters(), endpoint.trustedDocuments);
  const json = placedJson();
  const stream = framing && endpoint.openStream(framing, asked, request, reply);
  const span = request.span?.operation();
  try {
    const context = await endpoint.createContext({
      ...caller,
      onceGone: (end) => (endOperation = end),
      takeRoom(bytes, party) {
        answer ??= endpoint.answers.open(party, cut);
        if (!answer.take(bytes)) throw tooBusy();
      },
      placeJson: json.place,
      live: stream?.live,
      span,
    });
    request.operationContext = context;
    answer ??= endpoint.answers.open(context.party, cut);

    const executed = await executeRequest(endpoint, asked, context, json, { method, accept });
    if (framing !== undefined && executed.result.errors === undefined && (stream!.hasBegun() || !takesJson)) {
      const first = textOf(json.serialize(executed.result));
      writeStreamHead(reply, framing);
      if (stream!.hasBegun()) stream!.start(first);
      else reply.raw.end(framing.head + framing.next.before + first + framing.next.after + framing.complete);
      return reply;
    }
    stream?.close();
    reply.code(executed.status);
    for (const [name, value] of executed.headers) reply.header(name, value);
    reply.type(mediaTypeFor(request));
    // Node knows no words for it.
    if (reply.statusCode === partialSuccess) reply.raw.statusMessage = "Partial Success";
    return sendAnswer(reply, json.serialize(executed.result), answer, {
      timeoutMilliseconds: endpoint.sendTimeoutMilliseconds,
      evenWithoutRoom: context.outcome.isMutation,
    });
  } catch (error) {
    stream?.close();
    if (request.operationContext === undefined) request.operationName = endpoint.nameOf(asked);
    reply.raw.statusMessage = "";
    return answerOperationFailure(endpoint.formatError({ message: "" }, error), request, reply);
  } finally {
    const outcome = request.operationContext?.outcome;
    span?.end(outcome, outcome?.error?.code ?? request.errorCode);
  }
}
