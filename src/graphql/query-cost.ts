import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  getNullableType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

import { defaultPageSize, longestPage } from "../kit/paging/page-request.js";

/** The size of an operation, including what @skip and @include leave out. */
export type Size = {
  /** Levels of fields. */
  readonly depth: number;
  /** Levels below `__schema` and `__type`. */
  readonly introspectionDepth: number;
  readonly aliases: number;
  readonly directives: number;
  /** The largest number of objects in the response. A list counts with its page size. */
  readonly cost: number;
  /** The largest number of bytes of the response's keys, numbers, dates and ids. Texts without a length limit don't count. */
  readonly bytes: number;
};

const nothing: Size = { depth: 0, introspectionDepth: 0, aliases: 0, directives: 0, cost: 0, bytes: 0 };

// Quotes, a colon and a comma around a key; the longest id or date in quotes.
const bytesAroundKey = 4;
const bytesOfScalar = 40;

// A guess of the length of a list without pages.
const unpagedListSize = 10;

// An alias within introspection repeats a good part of the schema, and no tool needs one.
const aliasesOfIntrospection = 10;

/**
 * Measures a valid operation. Each fragment is measured once, so that a short document never takes long to measure,
 * however large the operation is.
 *
 * @param numberOf returns the value of a variable for a page size.
 */
export function sizeOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  numberOf: (variable: string) => number | undefined,
): Size {
  const root = schema.getRootType(operation.operation)!;
  const measurement = new Measurement(schema, document, numberOf);
  return withDirectives(measurement.ofSelections(operation.selectionSet, root), operation.directives);
}

class Measurement {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly measured = new Map<string, Size>();

  constructor(
    private readonly schema: GraphQLSchema,
    { definitions }: DocumentNode,
    private readonly numberOf: (variable: string) => number | undefined,
  ) {
    this.fragments = new Map(
      definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
      ),
    );
  }

  ofSelections({ selections }: SelectionSetNode, type: GraphQLCompositeType): Size {
    let all = nothing;
    for (const selection of selections) {
      let size: Size;
      if (selection.kind === Kind.FIELD) size = this.ofField(selection, type);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) size = this.ofFragment(selection.name.value);
      else {
        const condition = selection.typeCondition?.name.value;
        size = this.ofSelections(selection.selectionSet, condition === undefined ? type : this.typeNamed(condition));
      }
      all = beside(all, withDirectives(size, selection.directives));
    }
    return all;
  }

  private ofFragment(name: string): Size {
    const known = this.measured.get(name);
    if (known !== undefined) return known;
    const { selectionSet, typeCondition, directives } = this.fragments.get(name)!;
    const size = withDirectives(this.ofSelections(selectionSet, this.typeNamed(typeCondition.name.value)), directives);
    this.measured.set(name, size);
    return size;
  }

  private ofField(node: FieldNode, parent: GraphQLCompositeType): Size {
    const aliases = node.alias === undefined ? 0 : 1;
    const metaField = [SchemaMetaFieldDef, TypeMetaFieldDef].find(({ name }) => name === node.name.value);
    const introspects = metaField !== undefined;
    const field = metaField ?? fieldOf(parent, node.name.value);
    const type = field && getNamedType(field.type);
    const key = (node.alias ?? node.name).value.length + bytesAroundKey;
    if (node.selectionSet === undefined || !isCompositeType(type))
      return { ...nothing, depth: 1, aliases, bytes: key + bytesOfScalar };

    const below = this.ofSelections(node.selectionSet, type);
    const times = field === undefined ? 1 : this.listSize(field, node, parent);
    return {
      depth: introspects ? 1 : below.depth + 1,
      introspectionDepth: introspects ? below.depth + 1 : below.introspectionDepth,
      aliases: (below.aliases + aliases) * (introspects ? aliasesOfIntrospection : 1),
      directives: below.directives,
      // The schema is in memory.
      cost: introspects ? 0 : (below.cost + 1) * times,
      bytes: key + (below.bytes + 3) * times,
    };
  }

  /** Returns the number of objects that a field may return for each of its parents. A connection counts as its page. */
  private listSize(field: GraphQLField<unknown, unknown>, node: FieldNode, parent: GraphQLCompositeType): number {
    if (field.args.some(({ name }) => name === "first" || name === "last")) return this.pageSize(node);
    // The lists of a page are counted with it.
    const isPagesOwn = fieldOf(parent, "pageInfo") !== undefined;
    return isListType(getNullableType(field.type)) && !isPagesOwn ? unpagedListSize : 1;
  }

  private pageSize(node: FieldNode): number {
    const given = (node.arguments ?? [])
      .filter(({ name }) => name.value === "first" || name.value === "last")
      .map(({ value }) => {
        if (value.kind === Kind.INT) return Number(value.value);
        return value.kind === Kind.VARIABLE ? this.numberOf(value.name.value) : undefined;
      })
      .filter((size) => size !== undefined);
    // The field itself rejects a number out of range.
    return Math.min(Math.max(given.length === 0 ? defaultPageSize : Math.max(...given), 0), longestPage);
  }

  private typeNamed(name: string): GraphQLCompositeType {
    return this.schema.getType(name) as GraphQLCompositeType;
  }
}

function fieldOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function withDirectives(size: Size, directives: readonly unknown[] = []): Size {
  return directives.length === 0 ? size : { ...size, directives: size.directives + directives.length };
}

function beside(a: Size, b: Size): Size {
  return {
    depth: Math.max(a.depth, b.depth),
    introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    cost: a.cost + b.cost,
    bytes: a.bytes + b.bytes,
  };
}
