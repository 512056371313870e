import { operationsOf, titleOf } from "../model/operations.js";
import type { Tab, Workspace } from "../model/workspace.js";
import { button, h, set } from "./dom.js";

type Parts = {
  readonly workspace: Workspace;
  readonly select: (tab: Tab) => void;
  readonly add: () => void;
  readonly close: (tab: Tab) => void;
  readonly isLive: (tab: Tab) => boolean;
};

/** Makes the tabs of the open documents. `show` redraws them. */
export function makeDocumentTabs({ workspace, select, add, close, isLive }: Parts) {
  const strip = h("div", { class: "document-tabs", role: "group", "aria-label": "Documents" });
  const show = () => {
    const hadFocus = strip.contains(document.activeElement);
    strip.replaceChildren(
      ...workspace.tabs.map((tab) => {
        const title = titleOf(operationsOf(tab.document));
        const isActive = tab.id === workspace.active;
        const choose = button(title, () => select(tab), { "aria-current": isActive ? "true" : undefined });
        if (isLive(tab)) set(choose, { "data-live": true, title: "A subscription is open" });
        const end = button("×", () => close(tab), { class: "quiet", "aria-label": `Close ${title}` });
        return h("span", { class: "document-tab", "data-active": isActive }, choose, workspace.tabs.length > 1 && end);
      }),
      button("+", add, { class: "quiet", "aria-label": "New document", title: "New document (Alt+N)" }),
    );
    if (hadFocus) strip.querySelector<HTMLElement>("[aria-current]")?.focus();
  };
  return { element: strip, show };
}
