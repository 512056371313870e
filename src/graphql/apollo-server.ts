import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLFormattedError, GraphQLSchema } from "graphql";
import type { Logger } from "pino";

import type { Config } from "../foundation/config/config.js";
import type { ErrorCodes } from "../foundation/errors.js";
import { documentFinder, type DocumentTurns, type KnownDocuments } from "./documents.js";
import type { OperationContext } from "./operation-context.js";
import { operationSteps } from "./operation-steps.js";

/** Creates and starts the Apollo Server that runs operations. */
export async function startApollo(parts: {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  readonly errorCodes: ErrorCodes;
  readonly documents: KnownDocuments;
  readonly turns: DocumentTurns;
  readonly log: Logger;
}): Promise<ApolloServer<OperationContext>> {
  const { config, schema, formatError, errorCodes, documents, turns, log } = parts;
  const { limits } = config;
  const apollo = new ApolloServer<OperationContext>({
    schema,
    plugins: [
      operationSteps({
        findDocument: documentFinder(schema, {
          tokens: limits.tokens,
          introspection: config.introspection,
          trusted: config.trustedDocuments,
          turns,
          known: documents,
        }),
        turns,
        limits,
        formatError,
        errorCodes,
      }),
      ApolloServerPluginCacheControlDisabled(),
      // A browser at the endpoint would get Apollo's own page instead of a response.
      ApolloServerPluginLandingPageDisabled(),
    ],
    formatError,
    logger: log,
    // Each of these would otherwise follow NODE_ENV or a default that an upgrade may change.
    includeStacktraceInErrorResponses: false,
    // `documentFinder` parses and validates.
    documentStore: null,
    dangerouslyDisableValidation: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    // No credential is sent by a browser on its own, and a POST must be JSON (decision 14).
    csrfPrevention: false,
    stopOnTerminationSignals: false,
    nodeEnv: config.production ? "production" : "development",
  });
  // The schema is built already, so no setting can make this fail.
  await apollo.start();
  return apollo;
}
