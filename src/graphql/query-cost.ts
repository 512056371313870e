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
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** How large an operation is, whatever of it @skip and @include leave out. */
export type Size = {
  /** Levels of fields. */
  readonly depth: number;
  /** Levels below `__schema` and `__type`. */
  readonly introspectionDepth: number;
  readonly aliases: number;
  readonly directives: number;
  /** How many objects an answer may hold: a list counts for as many as its page has. */
  readonly cost: number;
  /** How many bytes the answer may have, texts of unlimited size apart: its keys, numbers, dates and ids. */
  readonly bytes: number;
};

const nothing: Size = { depth: 0, introspectionDepth: 0, aliases: 0, directives: 0, cost: 0, bytes: 0 };

// Quotes, a colon and a comma around a key, and the longest of ids and dates in quotes.
const bytesAroundKey = 4;
const bytesOfScalar = 40;

// What a list has where no argument says: as many as a page by default, or a guess.
const defaultPageSize = 20;
const longestPage = 100;
const unpagedListSize = 10;

// An alias in the schema's description answers a good part of it again, and no tool needs one.
const aliasesOfIntrospection = 10;

/**
 * Measures a valid operation. Each fragment is measured once, so that what takes few words to write takes no time to
 * measure, however large it is.
 *
 * @param numberOf the value of a variable that says how long a page is.
 */
export function sizeOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  numberOf: (variable: string) => number | undefined,
): Size {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const measured = new Map<string, Size>();

  const ofFragment = (name: string): Size => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const { selectionSet, typeCondition, directives } = fragments.get(name)!;
    const size = withDirectives(ofSelections(selectionSet, typeNamed(typeCondition.name.value)), directives);
    measured.set(name, size);
    return size;
  };

  const ofSelections = ({ selections }: SelectionSetNode, type: GraphQLCompositeType): Size => {
    let all = nothing;
    for (const selection of selections) {
      let size: Size;
      if (selection.kind === Kind.FIELD) size = ofField(selection, type);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) size = ofFragment(selection.name.value);
      else {
        const condition = selection.typeCondition?.name.value;
        size = ofSelections(selection.selectionSet, condition === undefined ? type : typeNamed(condition));
      }
      all = beside(all, withDirectives(size, selection.directives));
    }
    return all;
  };

  const ofField = (node: FieldNode, parent: GraphQLCompositeType): Size => {
    const aliases = node.alias === undefined ? 0 : 1;
    const metaField = [SchemaMetaFieldDef, TypeMetaFieldDef].find(({ name }) => name === node.name.value);
    const introspects = metaField !== undefined;
    const field = metaField ?? fieldOf(parent, node.name.value);
    const type = field && getNamedType(field.type);
    const key = (node.alias ?? node.name).value.length + bytesAroundKey;
    if (node.selectionSet === undefined || !isCompositeType(type))
      return { ...nothing, depth: 1, aliases, bytes: key + bytesOfScalar };

    const below = ofSelections(node.selectionSet, type);
    const times = field === undefined ? 1 : listSize(field, node, parent);
    return {
      depth: introspects ? 1 : below.depth + 1,
      introspectionDepth: introspects ? below.depth + 1 : below.introspectionDepth,
      aliases: (below.aliases + aliases) * (introspects ? aliasesOfIntrospection : 1),
      directives: below.directives,
      // What describes the schema is at hand.
      cost: introspects ? 0 : (below.cost + 1) * times,
      bytes: key + (below.bytes + 3) * times,
    };
  };

  /** How many objects a field may give for each that it stands on. A connection stands for its page. */
  const listSize = (field: GraphQLField<unknown, unknown>, node: FieldNode, parent: GraphQLCompositeType): number => {
    if (field.args.some(({ name }) => name === "first" || name === "last")) return pageSize(node);
    // A page's own lists have been counted with it.
    const isPagesOwn = fieldOf(parent, "pageInfo") !== undefined;
    return isListType(getNullableType(field.type)) && !isPagesOwn ? unpagedListSize : 1;
  };

  const pageSize = (node: FieldNode): number => {
    const given = (node.arguments ?? [])
      .filter(({ name }) => name.value === "first" || name.value === "last")
      .map(({ value }) => {
        if (value.kind === Kind.INT) return Number(value.value);
        return value.kind === Kind.VARIABLE ? numberOf(value.name.value) : undefined;
      })
      .filter((size) => size !== undefined);
    // What is out of range is refused for that, by the field itself.
    return Math.min(Math.max(given.length === 0 ? defaultPageSize : Math.max(...given), 0), longestPage);
  };

  const typeNamed = (name: string) => schema.getType(name) as GraphQLCompositeType;
  const root = schema.getRootType(operation.operation)!;
  return withDirectives(ofSelections(operation.selectionSet, root), operation.directives);
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
