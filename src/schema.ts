import "reflect-metadata";

import { lexicographicSortSchema, printSchema, type GraphQLSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";

import { account } from "./account/account.feature.js";
import { NodeResolver } from "./node.resolver.js";
import { noteRootFields } from "./operation/whole-outcome.js";
import { post } from "./post/post.feature.js";
import { session } from "./session/session.feature.js";
import { user } from "./user/user.feature.js";

/** What the server can do. A feature is what it stores, and what GraphQL offers of it. */
const features = [user, account, session, post];

/** All that the database stores. */
export const entities = features.flatMap((feature): (new () => object)[] => feature.entities);

let made: GraphQLSchema | undefined;

/** The executable schema, which holds no state: one is enough for a process. `schema.graphql` is its printed form. */
export function makeSchema(): GraphQLSchema {
  made ??= buildSchema();
  return made;
}

function buildSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [NodeResolver, ...features.flatMap((feature): (new () => object)[] => feature.resolvers)],
    validate: false,
    // It wants one where there are subscriptions. Ours begin at their root fields, and go by the event log.
    pubSub: { publish: unused, subscribe: unused },
  });
  // type-graphql has no place for these.
  schema.getQueryType()!.description = "What can be read. Nothing here changes anything.";
  schema.getMutationType()!.description = "What changes something. The fields of an operation run one after the other.";
  schema.getSubscriptionType()!.description = "What happens, as it happens. It ends with the session that asked.";
  noteRootFields(schema);
  return schema;
}

function unused(): never {
  throw new Error("subscriptions go by the event log");
}

/** The schema in GraphQL's own language, in an order of its own so that moving code changes nothing. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(makeSchema()))}\n`;
}
