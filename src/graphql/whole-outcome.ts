// What an operation comes to as a whole: whether its answer is a refusal and nothing else (decision 2).
import type { GraphQLRequestContextWillSendResponse } from "@apollo/server";
import {
  defaultFieldResolver,
  type FormattedExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from "graphql";

import type { Context } from "../kit/context.js";
import { KnownError, type ErrorCode, type ErrorCodes } from "../foundation/errors.js";
import { rootFields } from "./root-fields.js";

/**
 * Notes what every root field comes to on the operation's context. The answer's HTTP status depends on that, and the
 * result can't tell: a null that a non-null field sent up to `data` hides what the others did.
 */
export function noteRootFields(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const resolve: GraphQLFieldResolver<unknown, Context> = field.resolve ?? defaultFieldResolver;
      field.resolve = (root, args, context: Context, info) => {
        try {
          // None begins once the operation is over.
          context.signal.throwIfAborted();
          const answer: unknown = resolve(root, args, context, info);
          context.outcome.rootFields.push(answer);
          return answer;
        } catch (error) {
          // Not thrown at once, which would keep the fields beside it from being begun.
          const refused = Promise.reject(error);
          refused.catch(() => {});
          context.outcome.rootFields.push(refused);
          return refused;
        }
      };
    }
  }
}

/**
 * The one code that the whole answer comes down to: no root field gave an answer, and all failed alike. Execution ends
 * at the first null that reaches `data`, so fields begun beside it may still be under way: they are waited for.
 */
export async function codeOfWhole(
  { errors = [], data }: FormattedExecutionResult,
  { document, operation, request, contextValue }: GraphQLRequestContextWillSendResponse<Context>,
  codes: ErrorCodes,
): Promise<ErrorCode | undefined> {
  const [found, ...others] = new Set(errors.map((error) => error.extensions?.["code"]));
  if (!codes.has(found) || others.length > 0) return undefined;
  const code = found as ErrorCode;
  // Without data, not even null, nothing was executed.
  if (data === undefined || document === undefined || operation === undefined) return code;
  // Introspection answers beside whatever else is asked, and has no resolver of ours that could note it.
  if (rootFields(document, operation, request.variables ?? {}).some(({ name }) => /^__(schema|type)$/.test(name.value)))
    return undefined;
  const outcomes = await Promise.allSettled(contextValue.outcome.rootFields);
  const isKnown = (reason: unknown): reason is KnownError => reason instanceof KnownError && codes.has(reason.code);
  const alike = outcomes.every(
    (one) => one.status === "rejected" && (!isKnown(one.reason) || one.reason.code === code),
  );
  return alike ? code : undefined;
}
