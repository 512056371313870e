import {
  HeaderMap,
  type ApolloServerPlugin,
  type GraphQLRequestContextDidResolveOperation,
  type GraphQLRequestContextDidResolveSource,
  type GraphQLRequestContextResponseForOperation,
  type GraphQLRequestContextWillSendResponse,
  type GraphQLRequestListener,
  type GraphQLResponse,
} from "@apollo/server";
import { execute, type DocumentNode, type GraphQLError } from "graphql";

import type { Limits } from "../foundation/config/config.js";
import type { ErrorCodes } from "../foundation/errors.js";
import { completeResult } from "./complete-result.js";
import { askingOf, laneOf, type DocumentError, type DocumentTurns, type FindDocument } from "./documents.js";
import { checkOperation } from "./limits.js";
import type { OperationContext } from "./operation-context.js";
import { preparedOf } from "./prepare.js";
import type { FormatError } from "./run-operation.js";

type Deps = {
  readonly findDocument: FindDocument;
  readonly turns: DocumentTurns;
  readonly limits: Limits;
  readonly formatError: FormatError;
  readonly errorCodes: ErrorCodes;
};

/** Runs our steps of each operation, in the order in which Apollo Server asks for them. */
export const operationSteps = (deps: Deps): ApolloServerPlugin<OperationContext> => ({
  requestDidStart: async () => new OperationSteps(deps),
});

class OperationSteps implements GraphQLRequestListener<OperationContext> {
  private documentErrors: readonly DocumentError[] = [];
  private leaveLane: (() => void) | undefined;

  constructor(private readonly deps: Deps) {}

  /** Finds the document. Apollo Server parses nothing if it is given one, and takes no error here. */
  async didResolveSource(request: GraphQLRequestContextDidResolveSource<OperationContext>): Promise<void> {
    const { document, errors } = await this.deps.findDocument(request.source, askingOf(request.contextValue));
    (request as { document?: DocumentNode }).document = document;
    this.documentErrors = errors;
  }

  /** Checks the operation. */
  async didResolveOperation(resolved: GraphQLRequestContextDidResolveOperation<OperationContext>): Promise<void> {
    const { document, operation, operationName, schema, contextValue } = resolved;
    const known = contextValue.operation;
    known.name = operationName ?? undefined;
    if (this.documentErrors[0] !== undefined) throw this.documentErrors[0];
    // Execution reports a name that the document does not have.
    if (operation === undefined) return;
    const { rootFieldNames, asksForSchema } = preparedOf(schema, document, operation);
    known.kind = operation.operation;
    known.rootFieldNames = rootFieldNames;
    checkOperation(resolved, operation, this.deps.limits);
    if (asksForSchema) await this.waitInLane(contextValue);
  }

  /** Executes the operation. Apollo Server would do the same after reading headers that it isn't given. */
  async responseForOperation({
    schema,
    document,
    request,
    contextValue,
  }: GraphQLRequestContextResponseForOperation<OperationContext>): Promise<GraphQLResponse | null> {
    const { variables: variableValues, operationName } = request;
    const { data, errors } = await execute({ schema, document, contextValue, variableValues, operationName });
    // Nothing was executed. Apollo Server finds the same error, and gives it a code.
    if (data === undefined) return null;
    const formatted = errors && { errors: errors.map((error) => this.deps.formatError(error.toJSON(), error)) };
    return { http: noHead, body: { kind: "single", singleResult: { data, ...formatted } } };
  }

  /** Completes the result. */
  async willSendResponse(completed: GraphQLRequestContextWillSendResponse<OperationContext>): Promise<void> {
    const { response, contextValue } = completed;
    this.leaveLane?.();
    if (response.body.kind === "single") {
      const result = response.body.singleResult;
      // Apollo Server takes one error.
      const others = this.documentErrors.slice(1) as readonly GraphQLError[];
      if (others.length > 0)
        result.errors = [
          ...(result.errors ?? []),
          ...others.map((error) => this.deps.formatError(error.toJSON(), error)),
        ];
      await completeResult(result, completed, this.deps.errorCodes);
    }
    contextValue.operation.end();
  }

  /** Waits for a turn at the processor. Nothing interrupts introspection, which can take ten milliseconds. */
  private async waitInLane(context: OperationContext): Promise<void> {
    const asking = askingOf(context);
    this.leaveLane = await laneOf(this.deps.turns, asking).enter(asking);
  }
}

const noHead = { headers: new HeaderMap() };
