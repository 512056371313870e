import type { EditorView, Tooltip } from "@codemirror/view";
import { getSchema, offsetToPos } from "cm6-graphql";
import { getTokenAtPosition, getTypeInfo } from "graphql-language-service";

import { h } from "./dom.js";

/** Returns the schema's description of the name under the pointer. */
export function describeAt(view: EditorView, position: number): Tooltip | null {
  const schema = getSchema(view.state);
  const word = view.state.wordAt(position);
  if (schema == null || word === null) return null;
  const token = getTokenAtPosition(view.state.doc.toString(), offsetToPos(view.state.doc, word.to));
  const { fieldDef, argDef, inputType, type } = getTypeInfo(schema, token.state);
  const isArgument = /Argument|Object/.test(token.state.kind ?? "");
  const described = isArgument ? argDef : fieldDef;
  if (described == null || described.name !== view.state.sliceDoc(word.from, word.to)) return null;
  const { name, description } = described;
  const deprecationReason = "deprecationReason" in described ? described.deprecationReason : undefined;
  return {
    pos: word.from,
    end: word.to,
    create: () => ({
      dom: h(
        "div",
        { class: "hint" },
        h("code", {}, `${name}: ${String(isArgument ? inputType : type)}`),
        h("div", {}, description ?? ""),
        deprecationReason != null && h("div", {}, `Deprecated: ${deprecationReason}`),
      ),
    }),
  };
}
