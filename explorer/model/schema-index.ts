import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";

export type Field = GraphQLField<unknown, unknown> | GraphQLInputField;

/** Returns the schema's own types: the roots first, the others by name. */
export function typesOf(schema: GraphQLSchema): readonly GraphQLNamedType[] {
  const roots = rootsOf(schema);
  const others = Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !roots.includes(type))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  return [...roots, ...others];
}

function rootsOf(schema: GraphQLSchema): readonly GraphQLNamedType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter((type) => type != null);
}

export function fieldsOf(type: GraphQLNamedType): readonly Field[] {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
}

export const argumentsOf = (field: Field): readonly GraphQLArgument[] => ("args" in field ? field.args : []);

/** Returns a type's keyword in SDL. */
export function kindOf(type: GraphQLNamedType): string {
  if (isObjectType(type)) return "type";
  if (isInterfaceType(type)) return "interface";
  if (isUnionType(type)) return "union";
  if (isEnumType(type)) return "enum";
  return isInputObjectType(type) ? "input" : "scalar";
}

/** A place in the documentation: a type, or one of its fields or values. */
export type Place = { readonly type: string; readonly field?: string; readonly description: string };

const mostFound = 60;

/** Returns the places that contain the words: names that begin with them first, then other names, then descriptions. */
export function search(schema: GraphQLSchema, words: string): readonly Place[] {
  const sought = words.trim().toLowerCase();
  if (sought === "") return [];
  const places: Place[] = typesOf(schema).flatMap((type) => {
    const members = isEnumType(type) ? type.getValues() : fieldsOf(type);
    const place = { type: type.name, description: type.description ?? "" };
    return [
      place,
      ...members.map(({ name, description }) => ({ type: type.name, field: name, description: description ?? "" })),
    ];
  });
  const rank = ({ type, field, description }: Place) => {
    const name = (field ?? type).toLowerCase();
    if (name.startsWith(sought)) return 0;
    if (name.includes(sought)) return 1;
    return description.toLowerCase().includes(sought) ? 2 : 3;
  };
  return places
    .map((place) => ({ place, rank: rank(place) }))
    .filter((found) => found.rank < 3)
    .toSorted((one, other) => one.rank - other.rank)
    .slice(0, mostFound)
    .map(({ place }) => place);
}

/** A type in the picture. Sizes and positions are in pixels. */
export type Box = { readonly type: GraphQLNamedType; readonly x: number; readonly y: number; readonly height: number };
export type Edge = { readonly from: Box; readonly row: number; readonly to: Box };

export const boxWidth = 190;
export const rowHeight = 18;
export const headHeight = 28;
const [columnGap, boxGap] = [90, 22];

/**
 * Lays out the types that can be reached from a root: a column for each step from it, and an edge for each field whose
 * type has fields or values.
 */
export function picture(schema: GraphQLSchema, rootName: string): { boxes: readonly Box[]; edges: readonly Edge[] } {
  const boxes = new Map<string, Box>();
  const edges: Edge[] = [];
  let column = [schema.getType(rootName)].filter((type) => type !== undefined);
  const seen = new Set(column.map(({ name }) => name));
  for (let depth = 0; column.length > 0; depth += 1) {
    let y = 0;
    const next: GraphQLNamedType[] = [];
    for (const type of column) {
      const rows = rowsOf(type).length;
      const height = headHeight + rows * rowHeight + 8;
      boxes.set(type.name, { type, x: depth * (boxWidth + columnGap), y, height });
      y += height + boxGap;
      for (const target of targetsOf(type)) if (!seen.has(target.name) && seen.add(target.name)) next.push(target);
    }
    column = next;
  }
  for (const from of boxes.values())
    for (const [row, { target }] of rowsOf(from.type).entries()) {
      const to = target && boxes.get(target.name);
      if (to !== undefined && to !== from) edges.push({ from, row, to });
    }
  return { boxes: [...boxes.values()], edges };
}

/** Returns the rows of a type's box: its fields with the types that they lead to, or its values. */
export function rowsOf(type: GraphQLNamedType): readonly { name: string; label: string; target?: GraphQLNamedType }[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => ({ name, label: "" }));
  return fieldsOf(type).map((field) => {
    const named = getNamedType(field.type);
    const isDrawn = fieldsOf(named).length > 0 || isEnumType(named);
    return { name: field.name, label: String(field.type), ...(isDrawn && { target: named }) };
  });
}

const targetsOf = (type: GraphQLNamedType) =>
  rowsOf(type).flatMap(({ target }) => (target === undefined ? [] : [target]));
