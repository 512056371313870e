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
  /** Replaces the text and clears the history of changes. */
  readonly load: (text: string) => void;
  /** Changes the text; the change can be undone. */
  readonly setText: (text: string) => void;
  readonly cursor: () => number;
  readonly focus: () => void;
  readonly useSchema: (schema: GraphQLSchema) => void;
};

type Options = {
  readonly label: string;
  readonly changed?: () => void;
  /** The page's own keys, which take precedence over the editor's. */
  readonly keys?: Readonly<Record<string, () => void>>;
};

/** Makes an editor in a shadow root, where its styles are constructed sheets, which need no exception in the policy. */
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
    // Without `tabindex`, accessibility tools don't see that the keyboard reaches it.
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

/** Makes an editor for a GraphQL document, which uses the schema once it is loaded. */
export function makeDocumentEditor(options: Options & { readonly showDocs: (type: string, field?: string) => void }) {
  const knowing = graphql(undefined, {
    onShowInDocs: (field, _type, parent) =>
      parent !== undefined && options.showDocs(parent.replace(/[[\]!]/g, ""), field),
  });
  return makeEditor([writing, knowing, hoverTooltip(describeAt)], options);
}

/** Makes an editor for variables. */
export function makeVariablesEditor(options: Options): Editor {
  const lint = jsonParseLinter();
  const problems = linter((view) => (view.state.doc.toString().trim() === "" ? [] : lint(view)));
  return makeEditor([writing, json(), problems], options);
}

/** Makes a read-only view of an answer, which can be folded and searched. */
export function makeReader(options: Options): Editor {
  return makeEditor([json(), EditorState.readOnly.of(true)], options);
}
