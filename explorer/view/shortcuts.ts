import { h } from "./dom.js";
import { openDialog } from "./dialog.js";

export type Shortcut = {
  readonly code: string;
  readonly keys: string;
  readonly does: string;
  readonly run: () => void;
};

/** The editor's own keys. */
const ofEditor = [
  ["Ctrl+Enter", "Run the operation at the cursor"],
  ["Ctrl+Space", "Complete"],
  ["Ctrl+Click", "Show the field in the documentation"],
  ["Shift+Alt+F", "Prettify"],
  ["Ctrl+F", "Search in the text"],
  ["Ctrl+/", "Make lines a comment"],
  ["Tab", "Leave the editor"],
] as const;

/** Listens for Alt and a key, by its place on the keyboard: with Alt, some systems type another letter. */
export function listenForShortcuts(shortcuts: readonly Shortcut[]): void {
  addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const pressed = shortcuts.find(({ code }) => code === event.code);
    if (pressed === undefined) return;
    event.preventDefault();
    pressed.run();
  });
}

export function openShortcuts(shortcuts: readonly Shortcut[]): void {
  const rows = [...ofEditor, ...shortcuts.map(({ keys, does }) => [keys, does] as const)];
  const list = h(
    "dl",
    { class: "claims keys" },
    ...rows.flatMap(([keys, does]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, does)]),
  );
  openDialog(
    "Keyboard shortcuts",
    h("div", {}, list, h("p", { class: "quiet-text" }, "On a Mac, ⌘ takes the place of Ctrl.")),
  );
}
