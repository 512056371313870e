import { OperationTypeNode, type GraphQLSchema } from "graphql";

import { follow } from "../model/live.js";
import { prettified, titleOf, type Operation } from "../model/operations.js";
import { run as send, variablesOf } from "../model/run.js";
import type { Session } from "../model/session.js";
import { fragmentOf } from "../model/share.js";
import type { Happening } from "../model/walk.js";
import { newTab, withEntry, type Tab, type Workspace } from "../model/workspace.js";
import { makeAnswer } from "./answer.js";
import { makeDocumentTabs } from "./document-tabs.js";
import { attempt, button, h, say } from "./dom.js";
import { makeOperationChoice } from "./operation-choice.js";
import { makeDocumentEditor, makeVariablesEditor } from "./editor.js";

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

/** What is open of one tab. */
type Open = { readonly answer: ReturnType<typeof makeAnswer>; stop: (() => void) | undefined; isLive: boolean };

/** Documents with their editors, and the answer of each. */
export function makeWorkbench({ session, workspace, url, now, later, changed, happened, showDocs }: Parts) {
  const open = new Map<number, Open>();
  const active = () => workspace.tabs.find(({ id }) => id === workspace.active) ?? workspace.tabs[0]!;
  const openOf = (tab: Tab): Open => {
    let found = open.get(tab.id);
    if (found === undefined) {
      const stop = () => open.get(tab.id)?.stop?.();
      found = { answer: makeAnswer({ renewAndRun, stop }), stop: undefined, isLive: false };
      open.set(tab.id, found);
    }
    return found;
  };

  let isShowing = false;
  const edited = () => {
    if (isShowing) return;
    const tab = active();
    const [document, variables] = [editor.text(), variablesEditor.text()];
    if (document !== tab.document || variables !== tab.variables) {
      Object.assign(tab, { document, variables });
      tabs.show();
      changed();
    }
    showOperations();
  };
  const keys = { "Mod-Enter": () => void run(), "Shift-Alt-f": () => prettify() };
  const editor = makeDocumentEditor({ label: "Operation", changed: edited, keys, showDocs });
  const variablesEditor = makeVariablesEditor({ label: "Variables", changed: edited, keys });

  const runButton = button("Run", () => void run(), { class: "primary", title: "Run (Ctrl+Enter)" });
  const operations = makeOperationChoice(
    () => active().operation,
    (name) => {
      active().operation = name;
      showOperations();
    },
  );
  const showOperations = () => operations.show(editor.text(), editor.cursor());

  const prettify = () => {
    editor.setText(prettified(editor.text()));
    const variables = variablesEditor.text();
    // What is no JSON is marked as such already.
    if (variables.trim() !== "")
      void attempt(async () => variablesEditor.setText(JSON.stringify(JSON.parse(variables), null, 2)));
  };
  const share = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(new URL(fragmentOf(active()), location.href).href);
      say("The link was copied; it holds the document and the variables, and no token");
    });

  const answerPlace = h("div", { class: "answer-place" });
  const show = () => {
    const tab = active();
    isShowing = true;
    editor.setText(tab.document);
    variablesEditor.setText(tab.variables);
    isShowing = false;
    answerPlace.replaceChildren(openOf(tab).answer.element);
    tabs.show();
    showOperations();
  };
  const select = (tab: Tab) => {
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
    open.get(tab.id)?.stop?.();
    open.delete(tab.id);
    workspace.tabs = workspace.tabs.filter((one) => one !== tab);
    select(active());
  };
  const tabs = makeDocumentTabs({
    workspace,
    select,
    close,
    add: () => add(),
    isLive: ({ id }) => open.get(id)?.isLive === true,
  });

  const note = (tab: Tab, operation: Operation, status: string) => {
    const { document, variables } = tab;
    workspace.history = withEntry(workspace.history, {
      document,
      variables,
      title: titleOf([operation]),
      at: now(),
      status,
    });
    changed();
  };
  const run = async (): Promise<void> => {
    const tab = active();
    const mine = openOf(tab);
    const { answer } = mine;
    mine.stop?.();
    const operation = operations.chosen(editor.text(), editor.cursor());
    if (operation === undefined) return answer.fail("There is no operation to run, or the document can't be parsed.");
    let variables: Record<string, unknown>;
    try {
      variables = variablesOf(tab.variables);
    } catch (error) {
      return answer.fail(`Variables: ${(error as Error).message}`);
    }
    const { name } = operation;
    const request = { query: tab.document, variables, ...(name !== undefined && { operationName: name }) };
    if (operation.kind === OperationTypeNode.SUBSCRIPTION) return subscribe(tab, mine, request, operation);
    answer.wait();
    const control = new AbortController();
    mine.stop = () => control.abort();
    try {
      const received = await send(session, request, now, control.signal);
      answer.show(received);
      note(tab, operation, String(received.status));
      const { data } = (received.json ?? {}) as { data?: unknown };
      happened({ kind: "answered", data, reason: received.refusal?.reason ?? received.refusedBefore?.reason });
    } catch (error) {
      if (!control.signal.aborted) answer.fail(`The server gave no answer: ${String(error)}`);
    }
  };
  const subscribe = (tab: Tab, mine: Open, request: Parameters<typeof follow>[0]["request"], operation: Operation) => {
    mine.answer.begin();
    note(tab, operation, "live");
    const at = () => new Date(session.serverNow()).toISOString().slice(11, 23);
    mine.isLive = true;
    const stop = follow({
      url,
      session,
      request,
      transport: operations.transport(),
      later,
      tell: (line) => mine.answer.line(line, at()),
      over() {
        // Another may have begun in its place.
        if (mine.stop !== stop) return;
        mine.isLive = false;
        mine.answer.over();
        tabs.show();
      },
    });
    mine.stop = stop;
    tabs.show();
  };
  const renewAndRun = () =>
    void attempt(async () => {
      await session.renew();
      await run();
    });

  const element = h(
    "div",
    { class: "workbench" },
    h(
      "section",
      { class: "writing", "aria-label": "Operation" },
      tabs.element,
      h(
        "div",
        { class: "toolbar" },
        runButton,
        ...operations.elements,
        h("span", { class: "space" }),
        button("Prettify", prettify, { title: "Prettify (Shift+Alt+F)" }),
        button("Share", () => void share(), { title: "Copy a link to this document (Alt+S)" }),
      ),
      editor.element,
      h("h2", { class: "label" }, "Variables"),
      h("div", { class: "variables" }, variablesEditor.element),
    ),
    answerPlace,
  );
  show();
  return {
    element,
    openDocument,
    run,
    share,
    add,
    closeActive: () => close(active()),
    focus: editor.focus,
    useSchema: (schema: GraphQLSchema) => editor.useSchema(schema),
  };
}
