import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from "graphql";

/** A field taken on the way from a root type. */
export type Step = {
  readonly on: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  /** The coordinate, such as `Query.posts`. */
  readonly coordinate: string;
};
export type Arguments = Readonly<Record<string, unknown>>;
export type Operation = {
  readonly way: readonly Step[];
  readonly query: string;
  readonly variables: Record<string, unknown>;
};

/** The arguments of the walk. */
export type Values = {
  /** The values for a scalar argument or input field, by type and name, such as `ID authorId`, or by its type. */
  readonly scalars: Readonly<Record<string, readonly unknown[]>>;
  /** Arguments that matter together. A field that lacks one gets none of them. */
  readonly together: readonly Arguments[];
  /** The arguments of a field while those of another vary, by coordinate and the type that follows on the way. */
  readonly base: (coordinate: string, next: string | undefined) => Arguments | undefined;
  /** The root field below which all arguments of a field are tried, if it isn't the first one. */
  readonly main: Readonly<Record<string, string>>;
};

export const nameOf = (way: readonly Step[]): string => way.map(({ coordinate }) => coordinate).join(" > ");

const rootsOf = (schema: GraphQLSchema) =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter((type) => type != null);

const fieldsOf = (on: GraphQLObjectType): Step[] =>
  Object.values(on.getFields()).map((field) => ({ on, field, coordinate: `${on.name}.${field.name}` }));

/** Returns the object types that a field of this type may resolve to. */
function objectsOf(schema: GraphQLSchema, type: GraphQLOutputType): readonly GraphQLObjectType[] {
  const named = getNamedType(type);
  if (isAbstractType(named)) return schema.getPossibleTypes(named);
  return isObjectType(named) ? [named] : [];
}

/** Returns the function that reports whether a type is the target type or leads to it. */
function reachability(schema: GraphQLSchema, target: string): (type: GraphQLOutputType) => boolean {
  const reaching = new Set([target]);
  const reaches = (type: GraphQLOutputType) => objectsOf(schema, type).some(({ name }) => reaching.has(name));
  const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type));
  for (let size = 0; size !== reaching.size;) {
    size = reaching.size;
    for (const type of objects) if (fieldsOf(type).some(({ field }) => reaches(field.type))) reaching.add(type.name);
  }
  return reaches;
}

/** Returns every field below the roots that can lead to the target type, by coordinate. */
export function leadingFields(schema: GraphQLSchema, target: string): string[] {
  const reaches = reachability(schema, target);
  const found = new Set<string>();
  const visit = (type: GraphQLObjectType): void => {
    for (const { field, coordinate } of fieldsOf(type)) {
      if (!reaches(field.type) || found.has(coordinate)) continue;
      found.add(coordinate);
      for (const next of objectsOf(schema, field.type)) visit(next);
    }
  };
  for (const root of rootsOf(schema)) visit(root);
  return [...found].toSorted();
}

/**
 * Returns every way of limited length from a root to the target type, none through a field more than twice, and each root
 * field that leads elsewhere. The shortest come first.
 */
export function waysTo(schema: GraphQLSchema, target: string, longest: number): Step[][] {
  const reaches = reachability(schema, target);
  const ways: Step[][] = [];
  const go = (way: Step[], type: GraphQLObjectType): void => {
    if (type.name === target) ways.push(way);
    if (way.length === longest) return;
    for (const step of fieldsOf(type)) {
      const taken = way.filter(({ coordinate }) => coordinate === step.coordinate).length;
      const further = [...way, step];
      if (!reaches(step.field.type)) {
        if (way.length === 0) ways.push(further);
      } else if (taken < 2) {
        for (const next of objectsOf(schema, step.field.type)) if (reaches(next)) go(further, next);
      }
    }
  };
  for (const root of rootsOf(schema)) go([], root);
  return ways.toSorted((a, b) => a.length - b.length);
}

/**
 * Returns operations along ways. Each field's arguments take all their values while those of the other fields stay fixed.
 * That is done in full on one way for each field, and with `few` of the values on the others.
 *
 * @throws Error that names an argument without values.
 */
export function operationsOf(
  schema: GraphQLSchema,
  target: string,
  ways: readonly Step[][],
  values: Values,
  few: (way: readonly Step[]) => number,
): Operation[] {
  const leads = reachability(schema, target);
  const ranges = new Map<string, Arguments[]>();
  const inFull = new Set<string>();
  const operations = new Map<string, Operation>();
  for (const [turn, way] of ways.entries()) {
    const base = way.map((step, index) => baseOf(step, way[index + 1]?.on.name, values));
    const choices = way.flatMap(({ field, coordinate }, index) => {
      const range = ranges.get(coordinate) ?? argumentsOf(field.args, coordinate, values);
      ranges.set(coordinate, range);
      const main = values.main[coordinate] ?? way[0]!.coordinate;
      const full = main === way[0]!.coordinate && !inFull.has(coordinate);
      if (full) inFull.add(coordinate);
      const chosen = full
        ? range
        : Array.from({ length: few(way) }, (_, n) => range[(turn * 7 + n * 31) % range.length]!);
      return chosen.map((given) => base.with(index, given));
    });
    for (const given of [base, ...choices]) {
      const operation = operationOf(schema, leads, way, given);
      operations.set(JSON.stringify([operation.query, operation.variables]), operation);
    }
  }
  return [...operations.values()];
}

function baseOf({ coordinate, field }: Step, next: string | undefined, values: Values): Arguments {
  const required = field.args.filter((argument) => isRequiredArgument(argument));
  return (
    values.base(coordinate, next) ??
    Object.fromEntries(required.map((each) => [each.name, valuesOf(each, coordinate, values)[0]]))
  );
}

/** Returns the ranges of a field's arguments: none, each value of each, and those that matter together. */
function argumentsOf(args: readonly GraphQLArgument[], coordinate: string, values: Values): Arguments[] {
  const singles = combined(args, (each) => isRequiredArgument(each), coordinate, values, false);
  const names = new Set(args.map(({ name }) => name));
  return [...singles, ...values.together.filter((given) => Object.keys(given).every((name) => names.has(name)))];
}

/**
 * Returns every value of each argument, and the combinations that were asked for. If an argument is required, all others
 * come with its values. Other required arguments have their first value.
 */
function combined<Part extends GraphQLArgument | GraphQLInputField>(
  parts: readonly Part[],
  isRequired: (part: Part) => boolean,
  coordinate: string,
  values: Values,
  inPairs: boolean,
): Arguments[] {
  const ranges = parts.map((part) => ({
    name: part.name,
    required: isRequired(part),
    range: valuesOf(part, coordinate, values),
  }));
  const required = ranges.filter((each) => each.required);
  const always = Object.fromEntries(required.map(({ name, range }) => [name, range[0]]));
  const all: Arguments[] = [always];
  for (const [index, one] of ranges.entries()) {
    for (const value of one.range) all.push({ ...always, [one.name]: value });
    for (const other of inPairs ? ranges.slice(index + 1) : []) {
      if (required.length > 0 && !one.required && !other.required) continue;
      for (const value of one.range)
        for (const beside of other.range) all.push({ ...always, [one.name]: value, [other.name]: beside });
    }
  }
  return all;
}

function valuesOf(part: GraphQLArgument | GraphQLInputField, place: string, values: Values): readonly unknown[] {
  const coordinate = `${place}(${part.name})`;
  const type = getNamedType(part.type);
  if (isEnumType(type)) return type.getValues().map(({ name }) => name);
  if (isInputObjectType(type))
    return combined(Object.values(type.getFields()), (field) => isRequiredInputField(field), coordinate, values, true);
  const range = values.scalars[`${type.name} ${part.name}`] ?? values.scalars[type.name];
  if (range === undefined || range.length === 0)
    throw new Error(`no values for ${coordinate}: add some to \`scalars\` as "${type.name} ${part.name}"`);
  return range;
}

/** Returns one operation along a way, which selects all fields on it. */
function operationOf(
  schema: GraphQLSchema,
  leads: (type: GraphQLOutputType) => boolean,
  way: readonly Step[],
  given: readonly Arguments[],
): Operation {
  const variables: Record<string, unknown> = {};
  const declared: string[] = [];

  const call = (index: number): string => {
    const { field } = way[index]!;
    const args = Object.entries(given[index]!).map(([name, value]) => {
      const variable = `${name}${index}`;
      variables[variable] = value;
      declared.push(`$${variable}: ${String(field.args.find((argument) => argument.name === name)!.type)}`);
      return `${name}: $${variable}`;
    });
    return `${field.name}${args.length === 0 ? "" : `(${args.join(", ")})`} ${selection(field.type, index + 1)}`;
  };
  const selection = (type: GraphQLOutputType, next: number): string => {
    if (isLeafType(getNamedType(type))) return "";
    const objects = objectsOf(schema, type);
    const below = objects.map((object) => `... on ${object.name} { ${inside(object, next)} }`);
    return `{ __typename ${below.join(" ")} }`;
  };
  const inside = (object: GraphQLObjectType, next: number): string => {
    const beside = fieldsOf(object).filter(({ field }) => !leads(field.type));
    const plain = beside.map(({ field, coordinate }) => {
      if (field.args.length > 0)
        throw new Error(`${coordinate} has arguments: a field that leads to no post is called without any here`);
      return `${field.name} ${isCompositeType(getNamedType(field.type)) ? selection(field.type, way.length) : ""}`;
    });
    return ["__typename", ...plain, ...(way[next]?.on === object ? [call(next)] : [])].join(" ");
  };

  const body = call(0);
  const head = declared.length === 0 ? "" : `(${declared.join(", ")})`;
  return { way, query: `${way[0]!.on.name.toLowerCase()} ${head} { ${body} }`, variables };
}
