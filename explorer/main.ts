import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from "graphql";

import { later, now } from "./clock.js";
import { makeSession } from "./model/session.js";
import { sharedOf } from "./model/share.js";
import { firstDocument, type Happening, type Step } from "./model/walk.js";
import { loadWorkspace, saveWorkspace } from "./model/workspace.js";
import { makeDocs } from "./view/docs.js";
import { attempt, button, h, say } from "./view/dom.js";
import { makeHistory } from "./view/history.js";
import { makeSessionBar } from "./view/session-bar.js";
import { makeSessionPanel } from "./view/session-panel.js";
import { listenForShortcuts, openShortcuts, type Shortcut } from "./view/shortcuts.js";
import { signInQuickly, type Offers } from "./view/sign-in.js";
import { makeTabs } from "./view/tabs.js";
import { makeTypesPicture } from "./view/types-picture.js";
import { makeWalk } from "./view/walk.js";
import { makeWorkbench } from "./view/workbench.js";

const url = new URL("/graphql", location.href).href;
const session = makeSession({ endpoint: url, expireAt: "/explorer/expire", fetch: fetch.bind(globalThis), now });
const offers = await fetch("/explorer/offers")
  .then(async (answer) => (await answer.json()) as Offers)
  .catch((): Offers => ({ canExpire: false, demonstration: null }));

const workspace = loadWorkspace(localStorage, firstDocument);
const save = () => saveWorkspace(localStorage, workspace);

const showDocs = (type: string, field?: string) => {
  views.select("operations");
  aside.select("docs");
  docs.show(type, field);
};
const docs = makeDocs();
const types = makeTypesPicture((type) => showDocs(type));
const happened = (happening: Happening) => walk.happened(happening);
const workbench = makeWorkbench({
  session,
  workspace,
  url,
  now,
  later,
  happened,
  showDocs,
  changed() {
    save();
    history.show();
  },
});
const history = makeHistory(workspace, ({ document, variables }) => workbench.openDocument(document, variables), save);
const panel = makeSessionPanel(session);

/** Waits until the current token has expired, by the server's clock. */
const untilExpired = () =>
  new Promise<void>((resolve) => {
    const left = (session.current()?.expiresAt ?? 0) - session.serverNow();
    later(Math.max(0, left), resolve);
  });
const signedIn = () => (session.current() === undefined ? signInQuickly(session, offers) : Promise.resolve());
const runStep = (step: Step) =>
  void attempt(async () => {
    await signedIn();
    if (session.current() === undefined || step.document === undefined) return;
    workbench.openDocument(step.document);
    if (step.id === "expire") {
      const isOver = session.current()!.expiresAt <= session.serverNow();
      if (offers.canExpire && !isOver) await session.letExpire();
      else if (!isOver) say("This server shortens no tokens: the step is done when yours has expired");
      await untilExpired();
    }
    if (step.id === "renew") await session.renew();
    await workbench.run();
  });
const walk = makeWalk(runStep);
const bar = makeSessionBar({
  session,
  offers,
  letExpire: session.letExpire,
  renewsByItself: workspace.renewsByItself,
  keepRenewsByItself(does) {
    workspace.renewsByItself = does;
    save();
  },
});

const aside = makeTabs("Beside the editor", [
  { id: "walk", label: "Walk", content: walk.element },
  { id: "session", label: "Session", content: panel.element, shown: () => void panel.refresh() },
  { id: "docs", label: "Docs", content: docs.element },
  { id: "history", label: "History", content: history.element },
]);
const operations = h(
  "div",
  { class: "operations" },
  workbench.element,
  h("aside", { class: "aside", "aria-label": "Beside the editor" }, aside.list, aside.body),
);
const sandbox = h("div", { class: "sandbox-place" });
const showSandbox = async () => {
  if (sandbox.firstChild !== null) return;
  const { makeSandbox } = await import("./view/sandbox.js");
  sandbox.replaceChildren(makeSandbox(session, url, firstDocument));
};
const views = makeTabs("Views", [
  { id: "operations", label: "Operations", content: operations },
  { id: "types", label: "Types", content: types.element },
  { id: "sandbox", label: "Apollo Sandbox", content: sandbox, shown: () => void attempt(showSandbox) },
]);

const shortcuts: readonly Shortcut[] = [
  { code: "KeyN", keys: "Alt+N", does: "New document", run: workbench.add },
  { code: "KeyW", keys: "Alt+W", does: "Close the document", run: workbench.closeActive },
  { code: "KeyS", keys: "Alt+S", does: "Copy a link to the document", run: () => void workbench.share() },
  { code: "KeyE", keys: "Alt+E", does: "Go to the editor", run: workbench.focus },
  {
    code: "KeyD",
    keys: "Alt+D",
    does: "Search the documentation",
    run() {
      views.select("operations");
      aside.select("docs");
      docs.focus();
    },
  },
];
listenForShortcuts(shortcuts);

/** Opens the draft of a shared link, and removes it from the address. */
const openShared = () => {
  const shared = sharedOf(location.hash);
  if (shared === undefined) return;
  workbench.openDocument(shared.document, shared.variables);
  window.history.replaceState(null, "", location.pathname);
};
addEventListener("hashchange", openShared);
openShared();

document.body.append(
  h(
    "header",
    { class: "top" },
    h("h1", {}, "Postern"),
    h("nav", { "aria-label": "Views" }, views.list),
    button("?", () => openShortcuts(shortcuts), {
      class: "quiet",
      "aria-label": "Keyboard shortcuts",
      title: "Keyboard shortcuts",
    }),
    bar.element,
  ),
  h("main", {}, views.body),
);

let held = session.current();
session.onChange(() => {
  const current = session.current();
  if (current !== undefined && held === undefined) {
    say(`Signed in as ${current.name}`);
    happened({ kind: "signedIn" });
  } else if (current !== undefined && current.refreshToken !== held?.refreshToken) {
    say("The session was renewed");
    happened({ kind: "renewed" });
  } else if (current === undefined && held !== undefined)
    say(session.ended() === undefined ? "Signed out" : "The session has ended");
  held = current;
  void panel.refresh();
});

/** Runs once a second, just after a whole second of the token's time. */
const tick = () => {
  bar.tick();
  const left = (session.current()?.expiresAt ?? 0) - session.serverNow();
  later(left > 0 ? left % 1000 || 1000 : 1000, tick);
};
tick();

try {
  const introspection = await session.ask<IntrospectionQuery>(getIntrospectionQuery({ inputValueDeprecation: true }));
  const schema = buildClientSchema(introspection);
  for (const part of [workbench, docs, types]) part.useSchema(schema);
} catch {
  const message = "The server doesn’t reveal its schema: see the setting INTROSPECTION.";
  docs.fail(message);
  say(message);
}
