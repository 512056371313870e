import type { FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";

import type { Caller, OperationContext } from "../create-context.js";
import { tooBusy } from "../database/turns.js";
import { KnownError } from "../errors.js";
import { placedJson } from "../operation/answer-json.js";
import { executeRequest, type Executor } from "../operation/execute.js";
import { parametersOfBody, requestOf } from "../operation/graphql-request.js";
import type { TrustedDocuments } from "../operation/trusted-documents.js";
import { addressKeyOf } from "../session/address.js";
import type { ByteBudget, ByteShare } from "./byte-budget.js";
import { answerOperationFailure } from "./error-response.js";
import { mediaTypeFor, readAccept } from "./media-type.js";
import { endpointPath } from "./paths.js";
import { readBody } from "./request-body.js";
import { partialSuccess } from "./response-status.js";
import { sendAnswer } from "./send-answer.js";
import { parametersOfUrl } from "./url-parameters.js";
import { whenOver } from "./when-over.js";

export type GraphqlEndpoint = Executor & {
  readonly createContext: (caller: Caller) => Promise<OperationContext>;
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly maxBodyBytes: number;
  /** Bytes of all bodies and of all answers that are under way. */
  readonly bodies: ByteBudget;
  readonly answers: ByteBudget;
  readonly sendTimeoutMilliseconds: number;
  readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  readonly parseJson: (text: string) => unknown;
};

/** Answers a GraphQL request over HTTP: method, media type, body, credential, operation, status, bytes. */
export async function answerGraphql(
  endpoint: GraphqlEndpoint,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // Somebody who opens the endpoint in a browser.
  if (request.method === "GET" && request.url === endpointPath && /^text\/html\b/.test(request.headers.accept ?? ""))
    return reply.redirect("/", 303);
  if (!readAccept(request.headers.accept).something)
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

  const { parseJson, maxBodyBytes, trustedDocuments } = endpoint;
  const parameters =
    request.method === "GET"
      ? parametersOfUrl(request.raw.url!)
      : parametersOfBody(
          parseJson(
            await readBody(request.raw, maxBodyBytes, (body = endpoint.bodies.open(addressKeyOf(request.ip), cut))),
          ),
        );
  const asked = requestOf(parameters, trustedDocuments);
  const json = placedJson();
  try {
    const context = await endpoint.createContext({
      authorization: request.raw.headersDistinct["authorization"] ?? [],
      userAgent: request.headers["user-agent"] ?? null,
      address: request.ip,
      requestId: request.id,
      onceGone: (end) => (endOperation = end),
      takeRoom(bytes, party) {
        answer ??= endpoint.answers.open(party, cut);
        if (!answer.take(bytes)) throw tooBusy();
      },
      placeJson: json.place,
    });
    request.operationContext = context;
    answer ??= endpoint.answers.open(context.party, cut);

    const { method } = request;
    const { accept } = request.headers;
    const executed = await executeRequest(endpoint, asked, context, json, { method, accept });
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
    reply.raw.statusMessage = "";
    return answerOperationFailure(endpoint.formatError({ message: "" }, error), request, reply);
  }
}
