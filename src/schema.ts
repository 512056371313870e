import "reflect-metadata";

import {
  defaultFieldResolver,
  lexicographicSortSchema,
  printSchema,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from "graphql";
import { buildSchemaSync } from "type-graphql";

import { account } from "./account/account.feature.js";
import type { Context } from "./context.js";
import { NodeResolver } from "./node.resolver.js";
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
  });
  // type-graphql has no place for these.
  schema.getQueryType()!.description = "What can be read. Nothing here changes anything.";
  schema.getMutationType()!.description = "What changes something. The fields of an operation run one after the other.";
  noteRootFields(schema);
  return schema;
}

/**
 * Notes what every root field comes to on the operation's context. The answer's HTTP status depends on that, and the
 * result can't tell: a null that a non-null field sent up to `data` hides what the others did.
 */
function noteRootFields(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
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

/** The schema in GraphQL's own language, in an order of its own so that moving code changes nothing. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(makeSchema()))}\n`;
}
