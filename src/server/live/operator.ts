import type { GraphQLFormattedError, GraphQLResolveInfo } from "graphql";

import type { Auth } from "../../kit/auth.js";
import type { LiveSource } from "../../kit/context.js";
import type { Caller, ContextFactory, OperationContext } from "../../graphql/create-context.js";
import { tooBusy } from "../../foundation/fairness/turns.js";
import type { ByteBudget } from "../connection/byte-budget.js";
import type { Named } from "../../foundation/metrics/operation-label.js";
import { placedJson, textOf } from "../../graphql/answer-json.js";
import { executeEvent } from "../../graphql/execute-event.js";
import { executeRequest, type Executor } from "../../graphql/execute.js";
import type { GraphqlRequest } from "../../graphql/graphql-request.js";
import type { Tracing } from "../../foundation/tracing/span.js";
import type { Sink, Subscription, Subscriptions } from "./subscriptions.js";

/** What runs the operations of sockets and streams: the same functions as for HTTP. */
export type Operator = Executor &
  ContextFactory & {
    readonly subscriptions: Subscriptions;
    readonly answers: ByteBudget;
    readonly tracing: Tracing | undefined;
    /** Names the operation of a request that has no context. */
    readonly nameOf: (asked: GraphqlRequest) => Named;
    readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  };

/** What an operation that came over a connection comes to. */
export type Outcome = {
  /** Its answer as JSON; a subscription's first. */
  readonly json: string;
  /** The errors of an operation that was refused as a whole. */
  readonly refusal: readonly GraphQLFormattedError[] | undefined;
  /** What goes on, and is to be started. */
  readonly subscription: Subscription | undefined;
  readonly context: OperationContext | undefined;
};

type Asking = Omit<Caller, "live" | "placeJson" | "takeRoom"> & {
  /** Closes the connection, which lets go of what is held for it. */
  readonly cut: () => void;
  /** Answers of a subscription go there. */
  readonly sink: Omit<Sink, "party" | "execute">;
  /** The credential that events are answered by. */
  readonly auth: () => Auth;
};

/** Runs an operation. Whatever goes wrong is part of its outcome. */
export async function operate(operator: Operator, asked: GraphqlRequest, asking: Asking): Promise<Outcome> {
  const { cut, sink, auth, ...caller } = asking;
  const { subscriptions, formatError, answers } = operator;
  const json = placedJson();
  let share: ReturnType<ByteBudget["open"]> | undefined;
  let subscription: Subscription | undefined;
  let context: OperationContext | undefined;
  let refusal: readonly GraphQLFormattedError[] | undefined;
  const span = operator.tracing?.operation();

  const begin = async (source: LiveSource, after: string | null | undefined, info: GraphQLResolveInfo) => {
    subscription = await subscriptions.open(source, after, info, {
      ...sink,
      ...eventsTo(operator, asked.variables, caller, auth, context!.party),
    });
    return subscription.cursor;
  };
  try {
    context = await operator.createContext({
      ...caller,
      takeRoom(bytes, party) {
        share ??= answers.open(party, cut);
        if (!share.take(bytes)) throw tooBusy();
      },
      placeJson: json.place,
      live: { begin },
      span,
    });
    const { result } = await executeRequest(operator, asked, context, json);
    if (result.errors !== undefined) {
      subscription?.close();
      subscription = undefined;
    }
    // A subscription that has not begun has nothing to tell.
    refusal = result.data === undefined || context.outcome.isSubscription ? result.errors : undefined;
    const text = textOf(json.serialize(result));
    return { json: text, refusal, subscription, context };
  } catch (error) {
    subscription?.close();
    refusal = [formatError({ message: "" }, error)];
    return { json: JSON.stringify({ errors: refusal }), refusal, subscription: undefined, context };
  } finally {
    share?.close();
    const code = context?.outcome.error?.code ?? refusal?.[0]?.extensions?.["code"];
    span?.end(context?.outcome, code as string | undefined);
  }
}

/** What executes a subscription on each event, by a credential that is watched. It keeps nothing of how that began. */
export function eventsTo(
  operator: Operator,
  variables: GraphqlRequest["variables"],
  { userAgent, address }: Pick<Caller, "userAgent" | "address">,
  auth: () => Auth,
  party: string,
): Pick<Sink, "execute" | "party"> {
  return {
    party: () => party,
    // What is made in this context may serve others, who stay when this client leaves.
    execute: (event, info) =>
      executeEvent(info, variables, event, operator.contextOf({ userAgent, address }, auth()), operator),
  };
}
