import * as fc from "fast-check";
import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from "graphql";

/** Texts that people paste and attackers type. */
export const hostileTexts = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "'",
  '"',
  "'; drop table posts; --",
  "' or '1'='1",
  '{"$ne": null}',
  "__proto__",
  "constructor",
  "${7*7}{{7*7}}<%= 7*7 %>",
  "../../../../etc/passwd",
  "%00%c0%af",
  "<script>alert(1)</script>",
  "\r\nset-cookie: a=b",
  "NaN",
  "-1e309",
  "﷽".repeat(50),
  "Z̷͎̈́a̸l̵g̶o̷".repeat(20),
  "👩‍👩‍👧‍👦".repeat(30),
  "\u202eright to left",
  "a".repeat(20_000),
  "eyJhbGciOiJub25lIn0.e30.",
  "post_01ARZ3NDEKTSV4RRFFQ69G5FAV",
  "user_01ARZ3NDEKTSV4RRFFQ69G5FAV",
  "9007199254740993",
  "2026-11-22T09:00:00.000Z",
  "9999-99-99T99:99:99Z",
];

// Made once, since making it is slow: fast-check searches a thousand texts for those that it could shrink to.
const texts = fc.string({ unit: "binary", maxLength: 30 });
const anyText = () => texts;

type Random = {
  readonly below: (count: number) => number;
  readonly isIt: () => boolean;
  readonly oneOf: <Thing>(things: readonly Thing[]) => Thing;
  readonly text: () => string;
};

/** Makes an operation that is valid for the schema, with its values as literals, about half of them hostile. */
export function validOperation(schema: GraphQLSchema, ids: readonly string[]): fc.Arbitrary<string> {
  return fc.gen().map((generate) => {
    const below = (count: number) => generate(fc.nat, { max: count - 1 });
    const random: Random = {
      below,
      isIt: () => below(2) === 0,
      oneOf: (things) => things[below(things.length)]!,
      text: () => generate(anyText),
    };
    const isMutation = random.isIt();
    const root = isMutation ? schema.getMutationType()! : schema.getQueryType()!;
    return `${isMutation ? "mutation" : "query"} ${selectionOf(schema, root, ids, random, 4)}`;
  });
}

function selectionOf(
  schema: GraphQLSchema,
  type: GraphQLCompositeType,
  ids: readonly string[],
  random: Random,
  levels: number,
): string {
  const object = concrete(schema, type, random);
  const fields = Object.values(object.getFields()).filter(
    (field) => levels > 0 || !isCompositeType(getNamedType(field.type)),
  );
  const chosen = levels === 4 ? [random.oneOf(fields)] : fields.filter(() => random.isIt()).slice(0, 4);
  const selections = chosen.map(({ name, args, type: answered }) => {
    const values = args
      .filter((arg: GraphQLArgument) => isNonNullType(arg.type) || random.isIt())
      .map((arg: GraphQLArgument) => `${arg.name}: ${literalOf(arg, ids, random)}`);
    const below = getNamedType(answered);
    return [
      name,
      values.length === 0 ? "" : `(${values.join(", ")})`,
      isCompositeType(below) ? ` ${selectionOf(schema, below, ids, random, levels - 1)}` : "",
    ].join("");
  });
  const on = object === type ? "" : `... on ${object.name} `;
  return `{ __typename ${on}${on === "" ? selections.join(" ") : `{ __typename ${selections.join(" ")} }`} }`;
}

function concrete(schema: GraphQLSchema, type: GraphQLCompositeType, random: Random): GraphQLObjectType {
  return isObjectType(type) ? type : random.oneOf(schema.getPossibleTypes(type));
}

function literalOf({ name, type }: GraphQLArgument | GraphQLInputField, ids: readonly string[], random: Random) {
  const literal = (of: GraphQLInputType): string => {
    if (isNonNullType(of)) return literal(of.ofType);
    if (of === type && random.below(10) === 0) return "null";
    if (isListType(of)) return `[${literal(of.ofType)}]`;
    if (isEnumType(of)) return random.oneOf(of.getValues()).name;
    if (isInputObjectType(of)) {
      const fields = Object.values(of.getFields()).filter((field) => isNonNullType(field.type) || random.isIt());
      return `{ ${fields.map((field) => `${field.name}: ${literalOf(field, ids, random)}`).join(", ")} }`;
    }
    switch (of.name) {
      case "Int":
        return String(random.oneOf([0, 1, 2, 20, 100, 101, -1, 10_001, 2_147_483_647, -2_147_483_648]));
      case "Boolean":
        return String(random.isIt());
      case "DateTime":
        return JSON.stringify(new Date(random.below(4_000_000_000) * 1000).toISOString());
      default:
        // Text that isn't well-formed can be sent only in a variable.
        return JSON.stringify(textFor(name, ids, random).toWellFormed());
    }
  };
  return literal(type);
}

function textFor(name: string, ids: readonly string[], random: Random): string {
  const kind = random.below(3);
  if (kind === 0 && /id$/i.test(name)) return random.oneOf(ids);
  if (kind === 1) return random.text();
  return random.oneOf(hostileTexts);
}

/** Returns an operation for each argument and input field that takes a text, with the text in a variable. */
export function textArguments(schema: GraphQLSchema): { readonly of: string; readonly operation: string }[] {
  const roots = [schema.getQueryType()!, schema.getMutationType()!];
  return roots.flatMap((root) =>
    Object.values(root.getFields()).flatMap((field) => {
      const body = isCompositeType(getNamedType(field.type)) ? " { __typename }" : "";
      const write = (of: string, type: string, literal: string) => ({
        of: `${field.name}(${of})`,
        operation: `${root === roots[0] ? "query" : "mutation"} ($text: ${type}) { ${field.name}(${literal})${body} }`,
      });
      return field.args.flatMap((arg) => {
        const type = getNamedType(arg.type);
        if (isText(type.name)) return [write(arg.name, `${type.name}!`, `${arg.name}: $text`)];
        if (!isInputObjectType(type)) return [];
        const inputs = Object.values(type.getFields());
        return inputs
          .filter((input) => isText(getNamedType(input.type).name))
          .map((input) => {
            const others = inputs
              .filter((other) => other !== input && isNonNullType(other.type) && isText(getNamedType(other.type).name))
              .map((other) => `, ${other.name}: "something or other"`);
            const name = getNamedType(input.type).name;
            return write(
              `${arg.name}.${input.name}`,
              `${name}!`,
              `${arg.name}: { ${input.name}: $text${others.join("")} }`,
            );
          });
      });
    }),
  );
}

const isText = (name: string) => ["String", "ID", "DateTime"].includes(name);
