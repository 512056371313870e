import type { Entry, Workspace } from "../model/workspace.js";
import { button, h } from "./dom.js";

/** Makes the list of past runs, newest first, each of which can be opened again. `show` redraws it. */
export function makeHistory(workspace: Workspace, open: (entry: Entry) => void, changed: () => void) {
  const list = h("ol", { class: "history" });
  const clear = button("Forget all", () => {
    workspace.history = [];
    changed();
    show();
  });
  const none = h("p", { class: "quiet-text" }, "What you run is listed here, and kept in this browser without tokens.");
  const show = () => {
    none.hidden = workspace.history.length > 0;
    clear.hidden = workspace.history.length === 0;
    list.replaceChildren(
      ...workspace.history.map((entry) =>
        h(
          "li",
          {},
          button(entry.title, () => open(entry), { class: "link" }),
          h("span", { class: "quiet-text" }, `${entry.status} · ${new Date(entry.at).toLocaleString()}`),
        ),
      ),
    );
  };
  show();
  return { element: h("div", { class: "aside-content" }, none, list, clear), show };
}
