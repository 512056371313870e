import { doneAfter, walk, type Happening, type Step } from "../model/walk.js";
import { button, h, set } from "./dom.js";

/** Makes the walk of five steps. A click runs a step; a step is ticked off when it has happened. */
export function makeWalk(runStep: (step: Step) => void) {
  let done: ReadonlySet<Step["id"]> = new Set();
  const items = walk.map((step, index) => {
    // The session bar has buttons with the same names.
    const press = button(step.title, () => runStep(step), { "aria-label": `Step ${index + 1}: ${step.title}` });
    const state = h("span", { class: "hidden-text" });
    const item = h("li", { "data-step": step.id }, h("div", {}, press, state), h("p", {}, step.text));
    return { step, item, state, press };
  });
  const finished = h(
    "p",
    { class: "notice good" },
    "That is the whole of it. The Docs tab has the rest of the schema.",
  );
  const show = () => {
    const next = walk.find(({ id }) => !done.has(id));
    for (const { step, item, state, press } of items) {
      set(item, { "data-done": done.has(step.id), "aria-current": step === next ? "step" : undefined });
      set(press, { class: step === next ? "primary" : "" });
      state.textContent = done.has(step.id) ? " done" : "";
    }
    finished.hidden = next !== undefined;
  };
  show();
  const list = h("ol", { class: "walk" }, ...items.map(({ item }) => item));
  return {
    element: h(
      "div",
      { class: "aside-content" },
      h("p", {}, "A session from its first token to its second, with the mouse."),
      list,
      finished,
    ),
    happened(happening: Happening) {
      done = doneAfter(done, happening);
      show();
    },
  };
}
