import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from "graphql";

import { KnownError, type ErrorCodes } from "../foundation/errors.js";
import { credentialCheckOf } from "../kit/declaration.js";
import { declarationOf, rootFieldsOf } from "./declarations.js";
import type { OperationContext } from "./operation-context.js";
import { placed } from "./raw-json-fields.js";

/** Returns the error of a subscription over a connection that can receive only one response. */
const notCarried = () =>
  new KnownError(
    "NOT_ACCEPTABLE",
    "A subscription goes by WebSocket, or by POST with Accept: text/event-stream or multipart/mixed;subscriptionSpec=1.0",
  );

/**
 * Has the root fields of a schema check their credential before anything else, place their JSON, record their results and
 * report codes that they don't declare.
 *
 * @param errorCodes the codes that are sent. An error with another code is masked.
 */
export function guardRootFields(schema: GraphQLSchema, errorCodes: ErrorCodes): void {
  for (const { type, field } of rootFieldsOf(schema)) {
    const declaration = declarationOf(field);
    const check = credentialCheckOf(declaration);
    const isSubscription = type === schema.getSubscriptionType();
    const resolve: GraphQLFieldResolver<unknown, OperationContext> = field.resolve ?? defaultFieldResolver;
    const report = (error: unknown, { operation }: OperationContext): void => {
      if (error instanceof KnownError && !declaration.codes.has(error.code) && errorCodes.has(error.code))
        operation.onUndeclaredCode(declaration, error.code);
    };
    field.resolve = (root, args, context: OperationContext, info) => {
      const { rootFields } = context.operation;
      try {
        // None begins once the operation is over.
        context.signal.throwIfAborted();
        // A subscription is checked when it begins. Its events go to a connection that ends with its credential.
        if (!isSubscription) check?.(context, args);
        else if (root === undefined) {
          if (context.live === undefined) throw notCarried();
          check?.(context, args);
        }
        let value: unknown = resolve(root, args, context, info);
        if (value instanceof Promise)
          value = value.then(
            (settled: unknown) => placed(settled, context, info),
            (error: unknown) => {
              report(error, context);
              throw error;
            },
          );
        else value = placed(value, context, info);
        rootFields.add(value);
        return value;
      } catch (error) {
        report(error, context);
        // An error that is thrown at once would keep the other fields from being begun.
        const rejected = Promise.reject(error);
        rejected.catch(() => {});
        rootFields.add(rejected);
        return rejected;
      }
    };
  }
}
