import * as graphql from "graphql";

import type { Random } from "../../../src/cli/seed/random.js";

/** A request as a careless or hostile client may make it. */
export type FuzzedRequest = {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  readonly operationName: string | undefined;
};

const strangeNames = ["nothing", "__typename", "__schema", "toString", "valueOf", "on", "id", "_"];
const strangeValues = String.raw`null|true|1e999|-0|99999999999999999999|""|"\u0000"|"""block"""|[]|[[1], null]|{}`
  .concat(`|{ a: { b: [1] } }|ENUM|"9999-12-31T23:59:59-23:59"`)
  .split("|");
const variableNames = ["a", "b", "input", "s", "toString"];
const conditions = ["true", "false", "null", "$a", "$s", '"yes"', "1", "[true]"];

/** Makes requests that are nearly valid: with a schema's own names, and mistakes and directives everywhere. */
export function fuzzedRequests(schema: graphql.GraphQLSchema, random: Random): () => FuzzedRequest {
  const chance = (share: number) => random.next() < share;
  // Drawn for each document: none at all, a few, or many. A single mistake hides everything after validation.
  let mistakes = 0;
  const slips = (share: number) => chance(share * mistakes);
  const typeNames = Object.keys(schema.getTypeMap());
  const fragmentNames = ["F", "G", "H"];

  const directives = (): string => {
    if (!chance(0.2)) return "";
    const condition = () => {
      if (slips(0.15)) return random.pick(["", "", "(unless: true)"]);
      return `(if: ${slips(0.5) ? random.pick(conditions) : chance(0.5)})`;
    };
    const one = () => {
      const right = chance(0.5) ? "skip" : "include";
      return `@${slips(0.3) ? random.pick(["deprecated", "oneOf", "nothing", "specifiedBy"]) : right}${condition()}`;
    };
    return ` ${Array.from({ length: slips(0.3) ? 3 : 1 }, one).join(" ")}`;
  };

  const value = (type: graphql.GraphQLInputType, depth = 0): string => {
    if (slips(0.12)) return random.pick(strangeValues);
    if (slips(0.2)) return `$${random.pick(variableNames)}`;
    if (graphql.isNonNullType(type)) return value(type.ofType, depth);
    if (graphql.isListType(type)) return `[${value(type.ofType, depth)}]`;
    if (graphql.isEnumType(type)) return random.pick(type.getValues()).name;
    if (graphql.isInputObjectType(type)) {
      if (depth > 3) return "{}";
      const fields = Object.values(type.getFields()).filter(
        (field) => graphql.isNonNullType(field.type) || chance(0.4),
      );
      return `{ ${fields.map((field) => `${field.name}: ${value(field.type, depth + 1)}`).join(", ")} }`;
    }
    const byType: Record<string, readonly string[]> = {
      Int: ["0", "1", "20", "100", "101", "-1"],
      Boolean: ["true", "false"],
      DateTime: ['"2026-11-22T09:30:00.000Z"', '"yesterday"'],
      ID: ['"post_01"', '"nothing"', "7"],
    };
    return random.pick(byType[type.name] ?? ['"text"', '"a@example.com"', '"a long enough password"']);
  };

  const name = (right: string) => (slips(0.04) ? random.pick(strangeNames) : right);
  const selections = (type: graphql.GraphQLCompositeType, depth: number): string => {
    const fields = graphql.isObjectType(type) || graphql.isInterfaceType(type) ? Object.values(type.getFields()) : [];
    // The same field twice would be a mistake, unless its arguments are the same.
    const left = random.shuffled(fields);
    const one = (): string => {
      if (slips(0.1)) return `...${random.pick([...fragmentNames, "Missing"])}${directives()}`;
      if (chance(0.04)) {
        const on = chance(0.7) ? ` on ${slips(0.4) ? random.pick(typeNames) : type.name}` : "";
        return `...${on}${directives()} ${selections(type, depth + 1)}`;
      }
      if (fields.length === 0 || chance(0.06)) return "__typename";
      const field = (slips(0.2) ? undefined : left.pop()) ?? random.pick(fields);
      const args = field.args.filter((argument) => graphql.isNonNullType(argument.type) || chance(0.25));
      const given = args.map((argument) => `${name(argument.name)}: ${value(argument.type)}`).join(", ");
      const below = graphql.getNamedType(field.type);
      const hasSelections = (graphql.isCompositeType(below) && depth < 5) !== slips(0.03);
      return [
        slips(0.12) ? `${random.pick(["a", "b", "id"])}: ` : "",
        name(field.name),
        given === "" ? "" : `(${given})`,
        directives(),
        hasSelections && graphql.isCompositeType(below) ? ` ${selections(below, depth + 1)}` : "",
      ].join("");
    };
    const isSubscription = type === schema.getSubscriptionType() && !slips(0.3);
    const length = isSubscription ? 1 : Math.min(1 + random.below(depth > 2 ? 2 : 4), Math.max(left.length, 1));
    return `{ ${Array.from({ length }, one).join(" ")} }`;
  };

  const variableDefinitions = (): string => {
    const one = () => {
      const type = random.pick([...typeNames, "Boolean", "Int", "Nothing"]);
      const wrapped = random.pick([type, `${type}!`, `[${type}!]!`]);
      const preset = chance(0.2) ? ` = ${random.pick(strangeValues)}` : "";
      return `$${random.pick(variableNames)}: ${wrapped}${preset}${directives()}`;
    };
    return slips(0.5) ? `(${Array.from({ length: 1 + random.below(3) }, one).join(", ")})` : "";
  };
  const operation = (operationName: string): string => {
    const kind = random.pick(["query", "query", "query", "mutation", "subscription"] as const);
    const root = {
      query: schema.getQueryType(),
      mutation: schema.getMutationType(),
      subscription: schema.getSubscriptionType(),
    };
    if (kind === "query" && chance(0.3)) return selections(root.query!, 0);
    return `${kind} ${operationName}${variableDefinitions()}${slips(0.5) ? directives() : ""} ${selections(root[kind]!, 0)}`;
  };
  const fragment = (fragmentName: string): string => {
    const type = schema.getType(random.pick(typeNames));
    const on = graphql.isCompositeType(type) ? type : schema.getQueryType()!;
    return `fragment ${fragmentName} on ${name(on.name)}${directives()} ${selections(on, 2)}`;
  };
  /** Returns a text with a typo. */
  const slipped = (text: string): string => {
    const at = random.below(text.length);
    const piece = random.pick(["", "{", "}", "(", '"', "#", "\0", "\uFEFF", "\ud800", "...", "$", "@", "é", "\\"]);
    return text.slice(0, at) + piece + text.slice(at + random.below(3));
  };
  const jsonValue = (depth = 0): unknown =>
    random.pick<() => unknown>([
      () => null,
      () => chance(0.5),
      () => random.pick([0, 1, -1, 20, 1e21, 0.5]),
      () => random.pick(["", "text", "\0", "\ud800", "2026-11-22T09:30:00.000Z", "post_01"]),
      () => (depth > 2 ? [] : Array.from({ length: random.below(3) }, () => jsonValue(depth + 1))),
      () =>
        depth > 2
          ? {}
          : Object.fromEntries(strangeNames.slice(0, random.below(4)).map((key) => [key, jsonValue(depth + 1)])),
    ])();

  return () => {
    mistakes = random.pick([0, 0.2, 1]);
    const operations = Array.from({ length: slips(0.3) ? 2 : 1 }, (_, index) => operation(`Q${index}`));
    const fragments = fragmentNames.filter(() => slips(0.5)).map(fragment);
    const text = random.shuffled([...operations, ...fragments]).join("\n");
    return {
      query: slips(0.08) ? slipped(text) : text,
      variables: Object.fromEntries(variableNames.filter(() => chance(0.4)).map((key) => [key, jsonValue()])),
      operationName: slips(0.2) ? random.pick(["Q0", "Q1", "", "nothing"]) : undefined,
    };
  };
}
