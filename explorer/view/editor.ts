import { closeBrackets, closeBracketsKeymap, autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { linter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Prec, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { graphql, updateSchema } from "cm6-graphql";
import type { GraphQLSchema } from "graphql";

import { h } from "./dom.js";
import { highlighting, theme } from "./editor-theme.js";
import { describeAt } from "./hover.js";

export type Editor = {
  readonly element: HTMLElement;
  readonly text: () => string;
  /** Shows another text, of which nothing can be undone. */
  readonly load: (text: string) => void;
  /** Changes the text, which can be undone. */
  readonly setText: (text: string) => void;
  readonly cursor: () => number;
  readonly focus: () => void;
  readonly useSchema: (schema: GraphQLSchema) => void;
};

type Options = {
  readonly label: string;
  readonly changed?: () => void;
  /** Keys of the page's own, which come before the editor's. */
  readonly keys?: Readonly<Record<string, () => void>>;
};

/** An editor in a shadow root of its own, where its styles are sheets that no policy has to let in. */
function makeEditor(content: Extension, { label, changed = () => {}, keys = {} }: Options): Editor {
  const element = h("div", { class: "editor" });
  const bound = Object.entries(keys).map(([key, press]) => ({ key, run: () => (press(), true) }));
  const extensions: Extension = [
    Prec.highest(keymap.of(bound)),
    content,
    lineNumbers(),
    foldGutter(),
    drawSelection(),
    bracketMatching(),
    search({ top: true }),
    highlightSelectionMatches(),
    syntaxHighlighting(highlighting),
    theme,
    EditorView.editorAttributes.of(({ state }) => (state.doc.length === 0 ? { class: "cm-empty" } : null)),
    EditorView.lineWrapping,
    // Without the index, tools that look for what a keyboard reaches don't see it.
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    EditorView.updateListener.of(({ docChanged, selectionSet }) => (docChanged || selectionSet) && changed()),
    keymap.of([...foldKeymap, ...searchKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
  ];
  const root = element.attachShadow({ mode: "open" });
  const stateOf = (doc: string) => EditorState.create({ doc, extensions });
  const view = new EditorView({ root, state: stateOf("") });
  root.append(view.dom);
  let schema: GraphQLSchema | undefined;
  const useSchema = (given: GraphQLSchema) => {
    schema = given;
    updateSchema(view, schema);
  };
  return {
    element,
    text: () => view.state.doc.toString(),
    load(text) {
      view.setState(stateOf(text));
      if (schema !== undefined) updateSchema(view, schema);
    },
    setText(text) {
      if (text !== view.state.doc.toString())
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    cursor: () => view.state.selection.main.head,
    focus: () => view.focus(),
    useSchema,
  };
}

const writing: Extension = [
  history(),
  closeBrackets(),
  indentOnInput(),
  autocompletion(),
  keymap.of([...closeBracketsKeymap, ...completionKeymap]),
];

/** An editor for a GraphQL document, which knows the schema once that is there. */
export function makeDocumentEditor(options: Options & { readonly showDocs: (type: string, field?: string) => void }) {
  const knowing = graphql(undefined, {
    onShowInDocs: (field, _type, parent) =>
      parent !== undefined && options.showDocs(parent.replace(/[[\]!]/g, ""), field),
  });
  return makeEditor([writing, knowing, hoverTooltip(describeAt)], options);
}

/** An editor for variables. */
export function makeVariablesEditor(options: Options): Editor {
  const lint = jsonParseLinter();
  const problems = linter((view) => (view.state.doc.toString().trim() === "" ? [] : lint(view)));
  return makeEditor([writing, json(), problems], options);
}

/** What shows an answer: text to read, fold and search. */
export function makeReader(options: Options): Editor {
  return makeEditor([json(), EditorState.readOnly.of(true)], options);
}
