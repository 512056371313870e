import { HeaderMap, type ApolloServer } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";

import type { Context } from "../context.js";
import type { Caller, OperationContext } from "../create-context.js";
import { tooBusy } from "../database/turns.js";
import { KnownError } from "../errors.js";
import { placedJson, type PlacedJson } from "../operation/answer-json.js";
import { isLongerThan, tooLarge } from "../operation/answer-size.js";
import type { TrustedDocuments } from "../operation/trusted-documents.js";
import { addressKeyOf } from "../session/address.js";
import type { ByteBudget, ByteShare } from "./byte-budget.js";
import { answerOperationFailure } from "./error-response.js";
import { parametersOfBody, parametersOfUrl, requestOf, type GraphqlRequest } from "./graphql-request.js";
import { mediaTypeFor, readAccept } from "./media-type.js";
import { endpointPath } from "./paths.js";
import { readBody } from "./request-body.js";
import { partialSuccess } from "./response-status.js";
import { sendAnswer } from "./send-answer.js";
import { whenOver } from "./when-over.js";

export type GraphqlEndpoint = {
  readonly apollo: ApolloServer<Context>;
  readonly createContext: (caller: Caller) => Promise<OperationContext>;
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly maxBodyBytes: number;
  readonly maxAnswerBytes: number;
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

    const pieces = await execute(endpoint, request, reply, asked, context, json);
    return sendAnswer(reply, pieces, answer, {
      timeoutMilliseconds: endpoint.sendTimeoutMilliseconds,
      evenWithoutRoom: context.outcome.isMutation,
    });
  } catch (error) {
    reply.raw.statusMessage = "";
    return answerOperationFailure(endpoint.formatError({ message: "" }, error), request, reply);
  }
}

/** Executes a request and gives its answer as JSON in pieces, having set the reply's status and headers. */
async function execute(
  { apollo, maxAnswerBytes }: GraphqlEndpoint,
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  asked: GraphqlRequest,
  context: OperationContext,
  json: PlacedJson,
): Promise<(string | Buffer)[]> {
  try {
    // Of the headers, the answer's status depends on this one.
    const accepted = new HeaderMap(headers.accept === undefined ? [] : [["accept", headers.accept]]);
    const http = { method, headers: accepted, search: "", body: undefined };
    const response = await apollo.executeOperation({ ...asked, http }, { contextValue: context });
    if (response.body.kind !== "single") throw new Error("an answer in several parts");
    const { errors, data } = response.body.singleResult;
    context.outcome.error = errors?.[0]?.extensions as typeof context.outcome.error;
    const mayBeTooLarge = context.answer.atMost() > maxAnswerBytes && !context.outcome.isMutation;
    if (mayBeTooLarge && isLongerThan(maxAnswerBytes - (data == null ? 0 : json.bytes()), [errors, data]))
      throw tooLarge(maxAnswerBytes);
    reply.code(response.http.status ?? 200);
    for (const [name, value] of response.http.headers) reply.header(name, value);
    reply.type(mediaTypeFor(reply.request));
    // Node knows no words for it.
    if (reply.statusCode === partialSuccess) reply.raw.statusMessage = "Partial Success";
    return json.serialize(response.body.singleResult);
  } finally {
    context.liftDeadline();
  }
}
