import { h, set } from "./dom.js";

export type Panel = {
  readonly id: string;
  readonly label: string;
  readonly content: HTMLElement;
  readonly shown?: () => void;
};

/** Makes tabs as screen readers and keyboards expect them: arrow keys move between tabs, and the panel follows. */
export function makeTabs(label: string, panels: readonly Panel[]) {
  const list = h("div", { role: "tablist", class: "tabs", "aria-label": label });
  const body = h("div", { class: "panels" });
  const tabs = panels.map(({ id, label: text, content }) => {
    const tab = h("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}` }, text);
    const panel = h(
      "div",
      { role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}`, class: "panel" },
      content,
    );
    tab.addEventListener("click", () => select(id));
    list.append(tab);
    body.append(panel);
    return { tab, panel };
  });
  let selected = "";
  const select = (id: string) => {
    if (id === selected) return;
    selected = id;
    for (const [index, { tab, panel }] of tabs.entries()) {
      const isSelected = panels[index]!.id === id;
      set(tab, { "aria-selected": String(isSelected), tabindex: isSelected ? 0 : -1 });
      panel.hidden = !isSelected;
      if (isSelected) panels[index]!.shown?.();
    }
  };
  list.addEventListener("keydown", (event) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.length, End: tabs.length };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const from = panels.findIndex(({ id }) => id === selected);
    const to = Math.abs(step) === 1 ? (from + step + tabs.length) % tabs.length : step < 0 ? 0 : tabs.length - 1;
    select(panels[to]!.id);
    tabs[to]!.tab.focus();
  });
  select(panels[0]!.id);
  return { list, body, select };
}
