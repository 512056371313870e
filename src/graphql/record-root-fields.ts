import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from "graphql";

import type { OperationContext } from "./operation-context.js";

/** Has the root fields of a schema record their results. */
export function recordRootFields(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const field of Object.values(type?.getFields() ?? {})) {
      const resolve: GraphQLFieldResolver<unknown, OperationContext> = field.resolve ?? defaultFieldResolver;
      field.resolve = (root, args, context: OperationContext, info) => {
        const { rootFields } = context.operation;
        try {
          // None begins once the operation is over.
          context.signal.throwIfAborted();
          const value: unknown = resolve(root, args, context, info);
          rootFields.add(value);
          return value;
        } catch (error) {
          // An error that is thrown at once would keep the other fields from being begun.
          const rejected = Promise.reject(error);
          rejected.catch(() => {});
          rootFields.add(rejected);
          return rejected;
        }
      };
    }
}
