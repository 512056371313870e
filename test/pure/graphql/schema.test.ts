import { readFileSync } from "node:fs";

import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { expect, test } from "vitest";

import { fieldsPage } from "../../../scripts/fields-page.js";
import { makeSchema, printedSchema } from "../../../src/graphql/schema.js";

test("schema.graphql is what the code says (if not: npm run schema, then review the difference)", () => {
  expect(readFileSync("schema.graphql", "utf8")).toBe(printedSchema());
});

test("docs/fields.md is what the declarations say (if not: npm run schema)", () => {
  // The formatter aligns the table's columns.
  const words = (page: string) => page.replaceAll(/[ -]+/g, " ");
  expect(words(readFileSync("docs/fields.md", "utf8"))).toBe(words(fieldsPage(makeSchema())));
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

// Each costs ten objects, whatever it answers: what can grow further belongs into a page.
const unpagedLists = ["User.sessions"];

test("has a list of objects in pages alone, whose length its arguments say", () => {
  const lists: string[] = [];
  for (const type of Object.values(makeSchema().getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type) || type.getFields()["pageInfo"] !== undefined) continue;
    for (const field of Object.values(type.getFields())) {
      const isPaged = field.args.some(({ name }) => name === "first");
      if (isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type)) && !isPaged)
        lists.push(`${type.name}.${field.name}`);
    }
  }
  expect(lists, "return a page (docs/adding-a-feature.md), or say above why the list stays short").toEqual(
    unpagedLists,
  );
});
