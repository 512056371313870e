import type { GraphQLSchema } from "graphql";

import { prettified } from "../model/operations.js";
import type { Session } from "../model/session.js";
import { fragmentOf } from "../model/share.js";
import type { Happening } from "../model/walk.js";
import { newTab, withEntry, type Tab, type Workspace } from "../model/workspace.js";
import { makeDocumentTabs } from "./document-tabs.js";
import { attempt, button, h, say } from "./dom.js";
import { makeDocumentEditor, makeVariablesEditor } from "./editor.js";
import { makeOperationChoice } from "./operation-choice.js";
import { makeRuns } from "./runs.js";

type Parts = {
  readonly session: Session;
  readonly workspace: Workspace;
  /** The endpoint, whole. */
  readonly url: string;
  readonly now: () => number;
  readonly later: (milliseconds: number, run: () => void) => () => void;
  /** The workspace has changed. */
  readonly changed: () => void;
  readonly happened: (happening: Happening) => void;
  readonly showDocs: (type: string, field?: string) => void;
};

/** Documents with their editors, and the answer of each. */
export function makeWorkbench({ workspace, changed, showDocs, ...parts }: Parts) {
  const active = () => workspace.tabs.find(({ id }) => id === workspace.active) ?? workspace.tabs[0]!;
  const run = (): Promise<void> =>
    runs.run(active(), operations.chosen(editor.text(), editor.cursor()), operations.transport());

  const edited = () => {
    const tab = active();
    const [document, variables] = [editor.text(), variablesEditor.text()];
    if (document !== tab.document || variables !== tab.variables) {
      Object.assign(tab, { document, variables });
      tabs.show();
      changed();
    }
    showOperations();
  };
  const prettify = () => {
    editor.setText(prettified(editor.text()));
    const variables = variablesEditor.text();
    if (variables.trim() !== "")
      void attempt(async () => variablesEditor.setText(JSON.stringify(JSON.parse(variables), null, 2)));
  };
  const keys = { "Mod-Enter": () => void run(), "Shift-Alt-f": prettify };
  const editor = makeDocumentEditor({ label: "Operation", changed: edited, keys, showDocs });
  const variablesEditor = makeVariablesEditor({ label: "Variables", changed: edited, keys });
  const operations = makeOperationChoice(
    () => active().operation,
    (name) => {
      active().operation = name;
      showOperations();
    },
  );
  const showOperations = () => operations.show(editor.text(), editor.cursor());

  const share = async () => {
    const link = new URL(fragmentOf(active()), location.href).href;
    const holds = "it holds the document and the variables, and no token";
    try {
      await navigator.clipboard.writeText(link);
      say(`The link was copied; ${holds}`);
    } catch {
      // Browsers have a clipboard for pages of this machine and of HTTPS alone.
      window.history.replaceState(null, "", link);
      say(`The link is the page's address now; ${holds}`);
    }
  };

  const answerPlace = h("div", { class: "answer-place" });
  const show = () => {
    const tab = active();
    editor.load(tab.document);
    variablesEditor.load(tab.variables);
    answerPlace.replaceChildren(runs.answerOf(tab));
    tabs.show();
    showOperations();
  };
  const select = (tab: Tab) => {
    if (tab.id === workspace.active) return;
    workspace.active = tab.id;
    show();
    changed();
  };
  /** Shows a document: in the tab that has it, or a new one. */
  const openDocument = (document: string, variables = "") => {
    let tab = workspace.tabs.find((one) => one.document === document && one.variables === variables);
    if (tab === undefined) workspace.tabs.push((tab = newTab(workspace.tabs, document, variables)));
    select(tab);
  };
  const add = () => {
    openDocument("");
    editor.focus();
  };
  const close = (tab: Tab) => {
    if (workspace.tabs.length === 1) return;
    runs.close(tab);
    const place = workspace.tabs.indexOf(tab);
    workspace.tabs = workspace.tabs.filter((one) => one !== tab);
    if (tab.id === workspace.active) select(workspace.tabs[Math.max(0, place - 1)]!);
    tabs.show();
    changed();
  };
  const tabs = makeDocumentTabs({ workspace, select, close, add, isLive: (tab) => runs.isLive(tab) });
  const runs = makeRuns({
    ...parts,
    again: () => void run(),
    changed: tabs.show,
    ran(entry) {
      workspace.history = withEntry(workspace.history, entry);
      changed();
    },
  });

  const toolbar = h(
    "div",
    { class: "toolbar" },
    button("Run", () => void run(), { class: "primary", title: "Run (Ctrl+Enter)" }),
    ...operations.elements,
    h("span", { class: "space" }),
    button("Prettify", prettify, { title: "Prettify (Shift+Alt+F)" }),
    button("Share", () => void share(), { title: "Copy a link to this document (Alt+S)" }),
  );
  const writing = h(
    "section",
    { class: "writing", "aria-label": "Operation" },
    tabs.element,
    toolbar,
    editor.element,
    h("h2", { class: "label" }, "Variables"),
    h("div", { class: "variables" }, variablesEditor.element),
  );
  show();
  return {
    element: h("div", { class: "workbench" }, writing, answerPlace),
    openDocument,
    run,
    share,
    add,
    closeActive: () => close(active()),
    focus: editor.focus,
    useSchema: (schema: GraphQLSchema) => editor.useSchema(schema),
  };
}
