import type { GraphQLFieldResolver, GraphQLResolveInfo, GraphQLSchema } from "graphql";
import { getMetadataStorage } from "type-graphql";

import type { Topic } from "../database/event-log/event.js";
import { viewerAt } from "../kit/auth.js";
import type { Context } from "../kit/context.js";
import { liveSourceOf, sourceOf, type AnySource } from "../kit/subscription-of.js";
import type { OperationContext } from "./operation-context.js";

/**
 * Has the fields of the subscription type start their subscriptions: a field without a root value resolves from the one
 * which says that its subscription has started.
 *
 * @throws Error for a field that can't follow the event log.
 */
export function startSubscriptionFields(
  schema: GraphQLSchema,
  resolvers: readonly unknown[],
  declared: ReadonlySet<Topic>,
): void {
  const fields = schema.getSubscriptionType()!.getFields();
  for (const { target, schemaName, subscribe } of getMetadataStorage().subscriptions) {
    const field = fields[schemaName];
    if (field === undefined || !resolvers.some((resolver) => inherits(resolver, target))) continue;
    const coordinate = `Subscription.${schemaName}`;
    const source = sourceOf(subscribe);
    if (source === undefined)
      throw new Error(`${coordinate}: Postern has no pubSub; write subscribe: subscriptionOf({ … })`);
    if (!field.args.some(({ name }) => name === "after"))
      throw new Error(`${coordinate}: it needs an argument after, by which clients resume`);
    const topics = topicsOf(source, declared, coordinate);
    const resolve = field.resolve!;
    const start: GraphQLFieldResolver<unknown, OperationContext> = async (_, args, context, info) =>
      resolve(await begin(source, topics, args, context, info), args, context, info);
    field.resolve = (root, args, context: OperationContext, info) =>
      (root === undefined ? start : resolve)(root, args, context, info);
  }
}

async function begin(
  source: AnySource,
  topics: ReadonlySet<Topic>,
  args: { readonly after?: string | null },
  context: Context,
  info: GraphQLResolveInfo,
): Promise<object> {
  const live = liveSourceOf(source, topics, args, viewerAt(context, info));
  return source.ready(await context.live!.begin(live, args.after, info), context.now);
}

function topicsOf({ topics }: AnySource, declared: ReadonlySet<Topic>, coordinate: string): ReadonlySet<Topic> {
  const found = new Set<Topic>();
  for (const asked of topics) {
    const matches = [...declared].filter((topic) =>
      asked.endsWith(".*") ? topic.startsWith(asked.slice(0, -1)) : topic === asked,
    );
    if (matches.length === 0) throw new Error(`${coordinate}: no feature has the topic ${asked}`);
    for (const topic of matches) found.add(topic);
  }
  return found;
}

const inherits = (resolver: unknown, target: unknown): boolean =>
  resolver === target ||
  (resolver as { readonly prototype: unknown }).prototype instanceof (target as new () => object);
