import {
  defaultFieldResolver,
  getNullableType,
  isListType,
  isObjectType,
  responsePathAsArray,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from "graphql";

import { RawJson } from "../kit/raw-json.js";
import type { OperationContext } from "./operation-context.js";

/**
 * Has the fields below the root that may resolve to `RawJson` put it into the response, and execution see an empty value
 * instead. `guardRootFields` does the same for root fields.
 */
export function placeRawJson(schema: GraphQLSchema): void {
  const roots = new Set<unknown>([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || roots.has(type)) continue;
    for (const field of Object.values(type.getFields()))
      if (field.extensions["mayBeRawJson"] === true) placeRawJsonOf(field);
  }
}

function placeRawJsonOf(field: GraphQLField<unknown, OperationContext>): void {
  const { resolve = defaultFieldResolver } = field;
  field.resolve = (source, args, context, info) => {
    const value: unknown = resolve(source, args, context, info);
    if (value instanceof Promise) return value.then((settled: unknown) => placed(settled, context, info));
    return placed(value, context, info);
  };
}

/** Puts `RawJson` into the response. Returns the value that execution goes on with. */
export function placed(value: unknown, { operation }: OperationContext, info: GraphQLResolveInfo): unknown {
  if (!(value instanceof RawJson)) return value;
  operation.json!.place(responsePathAsArray(info.path), value.pieces);
  return isListType(getNullableType(info.returnType)) ? [] : null;
}
