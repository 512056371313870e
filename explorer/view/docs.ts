import {
  getNamedType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";

import { argumentsOf, fieldsOf, kindOf, search, typesOf, type Field } from "../model/schema-index.js";
import { button, h } from "./dom.js";

/** Makes the schema's documentation: a list of types, one type, or search results. */
export function makeDocs() {
  const words = h("input", { type: "search", placeholder: "Search the schema", "aria-label": "Search the schema" });
  const place = h("div", { class: "docs", tabindex: -1 });
  const element = h("div", { class: "aside-content" }, words, place);
  let schema: GraphQLSchema | undefined;
  words.addEventListener("input", () => (words.value.trim() === "" ? showAll() : showFound()));

  const link = (name: string, text = name) => button(text, () => show(name), { class: "link" });
  const typeLink = (type: { toString(): string }, named: GraphQLNamedType) => link(named.name, String(type));

  const showAll = () => {
    if (schema === undefined) return;
    const items = typesOf(schema).map((type) =>
      h("li", {}, h("span", { class: "kind" }, kindOf(type)), link(type.name)),
    );
    place.replaceChildren(h("ul", { class: "types" }, ...items));
  };
  const showFound = () => {
    if (schema === undefined) return;
    const found = search(schema, words.value);
    const items = found.map(({ type, field, description: text }) =>
      h(
        "li",
        {},
        button(field === undefined ? type : `${type}.${field}`, () => show(type, field), { class: "link" }),
        description(text),
      ),
    );
    place.replaceChildren(
      h("ul", { class: "found" }, ...items),
      ...(found.length === 0 ? [h("p", {}, "Nothing has these words.")] : []),
    );
  };
  const fieldItem = (field: Field) =>
    h(
      "li",
      { "data-name": field.name, tabindex: -1 },
      h("code", {}, field.name, ": ", typeLink(field.type, getNamedType(field.type))),
      deprecation(field.deprecationReason),
      description(field.description),
      argumentsOf(field).length > 0 &&
        h(
          "ul",
          { class: "arguments" },
          ...argumentsOf(field).map((argument) =>
            h(
              "li",
              {},
              h("code", {}, argument.name, ": ", typeLink(argument.type, getNamedType(argument.type))),
              argument.defaultValue !== undefined && ` = ${JSON.stringify(argument.defaultValue)}`,
              description(argument.description),
            ),
          ),
        ),
    );
  /** Shows a type and highlights one of its fields. */
  const show = (name: string, field?: string) => {
    const type = schema?.getType(name);
    if (schema === undefined || type === undefined) return;
    const values = isEnumType(type) ? type.getValues() : [];
    const related = isObjectType(type)
      ? type.getInterfaces()
      : isInterfaceType(type)
        ? schema.getPossibleTypes(type)
        : [];
    place.replaceChildren(
      button("← All types", backToAll, { class: "link" }),
      h("h3", {}, h("span", { class: "kind" }, kindOf(type)), type.name),
      description(type.description),
      ...(related.length === 0
        ? []
        : [
            h(
              "p",
              {},
              isObjectType(type) ? "Implements " : "Implemented by ",
              ...related.map(({ name: other }) => link(other)),
            ),
          ]),
      h("ul", { class: "fields" }, ...fieldsOf(type).map(fieldItem)),
      h(
        "ul",
        { class: "fields" },
        ...values.map((value) =>
          h("li", {}, h("code", {}, value.name), deprecation(value.deprecationReason), description(value.description)),
        ),
      ),
    );
    const wanted = field === undefined ? place : (place.querySelector<HTMLElement>(`[data-name="${field}"]`) ?? place);
    wanted.focus();
    wanted.scrollIntoView({ block: "nearest" });
  };
  const backToAll = () => {
    words.value = "";
    showAll();
    words.focus();
  };
  return {
    element,
    show,
    focus: () => words.focus(),
    useSchema(given: GraphQLSchema) {
      schema = given;
      showAll();
    },
    fail: (message: string) => place.replaceChildren(h("p", {}, message)),
  };
}

const description = (text: string | null | undefined) => h("p", { class: "description" }, text ?? "");
const deprecation = (reason: string | null | undefined) =>
  reason != null && h("p", { class: "notice" }, `Deprecated: ${reason}`);
