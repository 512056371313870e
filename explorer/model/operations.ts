import {
  Kind,
  Lexer,
  parse,
  print,
  Source,
  TokenKind,
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from "graphql";

/** An operation of a document, with its place in the text. */
export type Operation = {
  readonly name: string | undefined;
  readonly kind: OperationTypeNode;
  readonly from: number;
  readonly to: number;
};

/** Returns the operations of a document; none if it can't be parsed. */
export function operationsOf(text: string): readonly Operation[] {
  try {
    return operationNodes(parse(text)).map(({ name, operation, loc }) => ({
      name: name?.value,
      kind: operation,
      from: loc!.start,
      to: loc!.end,
    }));
  } catch {
    return [];
  }
}

const operationNodes = (document: DocumentNode): readonly OperationDefinitionNode[] =>
  document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);

/** Returns a title for a document: the name or kind of its first operation. */
export function titleOf(operations: readonly Operation[]): string {
  const [first] = operations;
  return first === undefined ? "New" : (first.name ?? first.kind);
}

/** Returns the operation to run: the chosen one, else the one at the cursor, else the first. */
export function chosenOperation(
  operations: readonly Operation[],
  chosen: string | undefined,
  cursor: number,
): Operation | undefined {
  return (
    operations.find(({ name }) => name !== undefined && name === chosen) ??
    operations.find(({ from, to }) => from <= cursor && cursor <= to) ??
    operations[0]
  );
}

/**
 * Formats a document and keeps the comments between its definitions. A definition with comments inside stays as it is,
 * since printing would lose them. So does a document that can't be parsed.
 */
export function prettified(text: string): string {
  try {
    const comments = commentsOf(text);
    let end = 0;
    const parts = parse(text).definitions.map((node) => {
      const { start, end: nodeEnd } = node.loc!;
      const before = comments.filter((comment) => comment.start >= end && comment.end <= start);
      const hasInside = comments.some((comment) => comment.start >= start && comment.end <= nodeEnd);
      end = nodeEnd;
      const body = hasInside ? text.slice(start, nodeEnd) : print(node);
      return [...before.map((comment) => text.slice(comment.start, comment.end).trim()), body].join("\n");
    });
    const last = comments.filter(({ start }) => start >= end).map((comment) => text.slice(comment.start, comment.end));
    return `${[...parts, ...(last.length > 0 ? [last.join("\n")] : [])].join("\n\n")}\n`;
  } catch {
    return text;
  }
}

function commentsOf(text: string): readonly { readonly start: number; readonly end: number }[] {
  const lexer = new Lexer(new Source(text));
  const comments = [];
  // `advance` skips comments, but the tokens' list has them.
  while (lexer.token.kind !== TokenKind.EOF) lexer.advance();
  for (let token = lexer.token.prev; token; token = token.prev)
    if (token.kind === TokenKind.COMMENT) comments.unshift(token);
  return comments;
}

export type Request = {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
};

/** Returns a request that continues after a cursor: in the variable given to the argument `after`, or the argument. */
export function after(request: Request, cursor: string): Request {
  const document = parse(request.query);
  const isAsked = ({ name }: OperationDefinitionNode) =>
    request.operationName === undefined || name?.value === request.operationName;
  const operation = operationNodes(document).find(isAsked)!;
  const field = operation.selectionSet.selections.find((node): node is FieldNode => node.kind === Kind.FIELD)!;
  const given = field.arguments?.find(({ name }) => name.value === "after");
  if (given?.value.kind === Kind.VARIABLE)
    return { ...request, variables: { ...request.variables, [given.value.name.value]: cursor } };

  const argument: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: "after" },
    value: { kind: Kind.STRING, value: cursor },
  };
  const others = (field.arguments ?? []).filter((node) => node !== given);
  const selections = operation.selectionSet.selections.map((node) =>
    node === field ? { ...field, arguments: [...others, argument] } : node,
  );
  const resumed = { ...operation, selectionSet: { ...operation.selectionSet, selections } };
  const definitions = document.definitions.map((node) => (node === operation ? resumed : node));
  return { ...request, query: print({ ...document, definitions }) };
}

/** Returns the cursor of the event in a subscription's result; undefined if it wasn't selected. */
export function cursorIn(result: unknown): string | undefined {
  const [event] = Object.values((result as { data?: Record<string, unknown> | null }).data ?? {});
  const cursor = (event as { cursor?: unknown } | null | undefined)?.cursor;
  return typeof cursor === "string" ? cursor : undefined;
}
