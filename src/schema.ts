import "reflect-metadata";

import {
  defaultFieldResolver,
  lexicographicSortSchema,
  printSchema,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from "graphql";
import { buildSchemaSync } from "type-graphql";

import type { Context } from "./context.js";
import { NodeResolver } from "./node.resolver.js";
import { PostConnectionResolver, PostResolver } from "./post/post.resolver.js";
import { UserPostsResolver } from "./post/user-posts.resolver.js";
import { AccountResolver } from "./account/account.resolver.js";
import { SessionResolver, UserSessionsResolver } from "./session/session.resolver.js";
import { UserResolver } from "./user/user.resolver.js";

/** The executable schema; `schema.graphql` is its printed form. */
export function makeSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      UserResolver,
      AccountResolver,
      SessionResolver,
      UserSessionsResolver,
      PostResolver,
      PostConnectionResolver,
      UserPostsResolver,
      NodeResolver,
    ],
    validate: false,
  });
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
        const answer = (async () => resolve(root, args, context, info))();
        context.course.rootFields.push(answer);
        return answer;
      };
    }
  }
}

/** The schema in GraphQL's own language, in an order of its own so that moving code changes nothing. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(makeSchema()))}\n`;
}
