import {
  getNamedType,
  isInputObjectType,
  isObjectType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from "graphql";

import type { ErrorCode, ErrorCodes } from "../foundation/errors.js";
import type { Declaration } from "../kit/declaration.js";
import { declaredMethods, decorators } from "./declared-methods.js";
import type { OperationContext } from "./operation-context.js";

/** Declarations of an application by root field, such as `Query.bookmarks`. */
export type AddedDeclarations = Readonly<Record<`${"Query" | "Mutation" | "Subscription"}.${string}`, Declaration>>;

/** The declaration of a root field in a schema. */
export type DeclaredField = Declaration & {
  /** Its coordinate, such as `Query.me`. */
  readonly field: string;
  /** Every code that it may answer, including those that its kind implies. */
  readonly codes: ReadonlySet<ErrorCode>;
  /** The place where its codes are declared. */
  readonly place: "decorators" | "declarations";
  /** Whether its credential is declared. Otherwise it needs any good one. */
  readonly isDeclared: boolean;
};

type Parts = {
  readonly own: readonly (new () => object)[];
  readonly added: readonly (new () => object)[];
  readonly declarations: AddedDeclarations;
  readonly errorCodes: ErrorCodes;
};

const needs: readonly unknown[] = ["none", "reader", "any", "session"] satisfies Declaration["needs"][];

/**
 * Adds the declaration of each root field to the schema, and the credential that it needs to its description.
 *
 * @param parts `own` and `added` are the resolvers of Postern and of the application.
 * @throws Error for a declaration that can't work.
 */
export function declareRootFields(schema: GraphQLSchema, parts: Parts): void {
  const { declarations, errorCodes } = parts;
  const own = declaredMethods(parts.own);
  const added = declaredMethods(parts.added);
  const entries = new Map<string, Declaration>(Object.entries(declarations));
  for (const field of entries.keys()) {
    const method = added.get(field);
    if (own.has(field)) throw new Error(`declarations: ${field} is Postern's, and declared already`);
    if (method === undefined) throw new Error(`declarations: there is no root field ${field}`);
    if (method.needs !== undefined || method.answers !== undefined)
      throw new Error(`declarations: ${field} has decorators already; write one or the other`);
  }
  refuseBelowRoot(schema);
  for (const { type, field } of rootFieldsOf(schema)) {
    const coordinate = `${type.name}.${field.name}`;
    const method = own.get(coordinate) ?? added.get(coordinate);
    const entry = entries.get(coordinate);
    const declaration = entry ?? {
      needs: "any",
      ...method?.needs,
      ...(method?.answers && { answers: method.answers }),
    };
    refuseUnknown(coordinate, declaration, errorCodes);
    refuseWithoutInput(coordinate, declaration, field);
    const declared: DeclaredField = {
      ...declaration,
      field: coordinate,
      codes: new Set([...impliedCodes(schema, type, field, declaration), ...(declaration.answers ?? [])]),
      place: entry === undefined ? "decorators" : "declarations",
      isDeclared: entry !== undefined || method?.needs !== undefined,
    };
    field.extensions = { ...field.extensions, declared };
    field.description = described(field.description, declaration);
  }
}

type RootField = { readonly type: GraphQLObjectType; readonly field: GraphQLField<unknown, OperationContext> };

/** Returns the root fields of a schema. */
export function rootFieldsOf(schema: GraphQLSchema): readonly RootField[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    type == null ? [] : Object.values(type.getFields()).map((field) => ({ type, field })),
  );
}

/** Returns the declaration of a root field. */
export const declarationOf = ({ extensions }: RootField["field"]): DeclaredField =>
  extensions["declared"] as DeclaredField;

/** Returns the declarations of all root fields of a schema. */
export const declarationsOf = (schema: GraphQLSchema): readonly DeclaredField[] =>
  rootFieldsOf(schema).map(({ field }) => declarationOf(field));

function refuseUnknown(field: string, { needs: need, answers = [] }: Declaration, known: ErrorCodes): void {
  if (!needs.includes(need)) throw new Error(`${field}: needs must be one of ${needs.join(", ")}`);
  const unknown = answers.find((code) => !known.has(code));
  if (unknown !== undefined) throw new Error(`${field}: ${unknown} is no error code; add it to errorCodes`);
}

function refuseWithoutInput(coordinate: string, { unless }: Declaration, { args }: RootField["field"]): void {
  if (unless === undefined) return;
  const input = args.find(({ name }) => name === "input");
  const type = input && getNamedType(input.type);
  if (!isInputObjectType(type) || type.getFields()[unless] === undefined)
    throw new Error(`${coordinate}: unless names ${unless}, which is no field of its argument input`);
}

/** type-graphql copies the extensions of the classes of types to their fields. */
function refuseBelowRoot(schema: GraphQLSchema): void {
  const roots = new Set(rootFieldsOf(schema).map(({ type }) => type));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || roots.has(type)) continue;
    for (const { name, extensions } of Object.values(type.getFields()))
      for (const [key, decorator] of Object.entries(decorators))
        if (extensions[key] !== undefined)
          throw new Error(`${type.name}.${name}: ${decorator} is for root fields alone; nothing would check it here`);
  }
}

function impliedCodes(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  { args }: RootField["field"],
  { needs: need }: Declaration,
): ErrorCode[] {
  const isMutation = type === schema.getMutationType();
  return [
    "INTERNAL_SERVER_ERROR",
    "TIMEOUT",
    "SERVICE_UNAVAILABLE",
    "QUERY_TOO_COMPLEX",
    ...(args.length > 0 ? (["BAD_USER_INPUT"] as const) : []),
    ...(need === "none" ? [] : (["UNAUTHENTICATED"] as const)),
    ...(need === "session" || (need === "any" && isMutation) ? (["FORBIDDEN"] as const) : []),
    ...(type === schema.getSubscriptionType() ? (["NOT_ACCEPTABLE"] as const) : []),
  ];
}

/** Returns the sentence about the credential of a field. */
export function credentialSentence({ needs: need, unless }: Declaration): string {
  if (need === "none") return "Ignores any Authorization header.";
  return `Needs a session${need === "reader" ? " (see PUBLIC_READS)" : ""}${unless === undefined ? "" : `, unless ${unless} is given`}.`;
}

function described(description: string | null | undefined, declaration: Declaration): string {
  const sentence = credentialSentence(declaration);
  // Written by hand until 0.2.
  if (description?.includes(sentence) === true) return description;
  return description == null ? sentence : `${description} ${sentence}`;
}
