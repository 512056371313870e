import type { GraphQLResolveInfo } from "graphql";

import type { Auth } from "../../kit/auth.js";
import type { LiveSource } from "../../kit/context.js";
import type { Tracing } from "../../foundation/tracing/span.js";
import type { Caller, ContextFactory } from "../../graphql/create-context.js";
import { executeEvent } from "../../graphql/execute-event.js";
import type { GraphqlRequest } from "../../graphql/graphql-request.js";
import type { Outcome } from "../../graphql/outcome.js";
import type { FormatError, RunOperation } from "../../graphql/run-operation.js";
import { AnswerRoom, type ByteBudget } from "../connection/byte-budget.js";
import type { Sink } from "./event-queue.js";
import type { Subscription, Subscriptions } from "./subscriptions.js";

/** Runs the operations of sockets and streams. */
export type OperationServer = Pick<ContextFactory, "contextOf"> & {
  readonly run: RunOperation;
  readonly subscriptions: Subscriptions;
  /** The bytes of all responses in progress. */
  readonly answers: ByteBudget;
  readonly tracing: Tracing | undefined;
  readonly maxAnswerBytes: number;
  readonly formatError: FormatError;
};

/** The socket that an operation came over. */
export type Carrying = {
  /** Receives the function that cancels the operation. */
  readonly onStart: (cancel: () => void) => void;
  /** Closes the connection, which releases everything that is held for it. */
  readonly cut: () => void;
  /** The state of the credential with which events are answered. */
  readonly auth: () => Auth;
  readonly sink: Omit<Sink, "execute">;
};

/** Runs an operation of a socket. The subscription is there if the operation started one, and must be started or closed. */
export async function runOperation(
  server: OperationServer,
  asked: GraphqlRequest,
  caller: Caller,
  { onStart, cut, auth, sink }: Carrying,
): Promise<{ readonly outcome: Outcome; readonly subscription: Subscription | undefined }> {
  const room = new AnswerRoom(server.answers, cut);
  let subscription: Subscription | undefined;
  const begin = async (source: LiveSource, after: string | null | undefined, info: GraphQLResolveInfo) => {
    const execute = executorOf(server, asked.variables, caller, auth);
    subscription = await server.subscriptions.open(source, after, info, { ...sink, execute });
    return subscription.cursor;
  };
  const outcome = await server.run(asked, caller, {
    onStart,
    takeRoom: room.take,
    live: { begin },
    span: server.tracing?.operation(),
  });
  room.close();
  if (outcome.errors === undefined) return { outcome, subscription };
  subscription?.close();
  return { outcome, subscription: undefined };
}

/**
 * Returns the function that executes a subscription on each event, with a credential that is being watched. It keeps
 * nothing of the request that started the subscription.
 */
export function executorOf(
  server: OperationServer,
  variables: GraphqlRequest["variables"],
  { userAgent, address }: Pick<Caller, "userAgent" | "address">,
  auth: () => Auth,
): Sink["execute"] {
  // Other subscribers may share the answer. They stay when this client leaves.
  return (event, info) =>
    executeEvent(info, variables, event, server.contextOf({ userAgent, address }, auth()), server);
}
