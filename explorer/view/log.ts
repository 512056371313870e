import type { Line } from "../model/live.js";
import { h } from "./dom.js";

const mostLines = 500;

/** Makes the log of a subscription, newest line last. */
export function makeLog() {
  const list = h("ol");
  const element = h("div", { class: "log", role: "log", "aria-label": "Events", tabindex: 0 }, list);
  return {
    element,
    clear: () => list.replaceChildren(),
    add(line: Line, at: string) {
      const text = line.kind === "event" ? JSON.stringify(line.result, null, 2) : line.text;
      const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
      list.append(
        h(
          "li",
          { "data-kind": line.kind },
          h("time", {}, at),
          line.kind === "event" ? h("pre", {}, text) : h("span", {}, text),
        ),
      );
      if (list.children.length > mostLines) list.firstChild!.remove();
      if (isAtEnd) element.scrollTop = element.scrollHeight;
    },
  };
}
