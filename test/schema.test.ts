import { readFileSync } from "node:fs";

import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { expect, test } from "vitest";

import { makeSchema, printedSchema } from "../src/schema.js";

test("schema.graphql is what the code says (if not: npm run schema, then review the difference)", () => {
  expect(readFileSync("schema.graphql", "utf8")).toBe(printedSchema());
});

test("describes every type, field, argument and enum value", () => {
  const undescribed: string[] = [];
  const look = (name: string, { description }: { description?: string | null | undefined }) => {
    if (!description) undescribed.push(name);
  };

  for (const type of Object.values(makeSchema().getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    if (!["Query", "Mutation"].includes(type.name)) look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        if ("args" in field) for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg);
      }
    }
  }

  expect(undescribed).toEqual([]);
});
