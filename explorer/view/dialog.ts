import { button, h } from "./dom.js";

/** Opens a dialog over the page; closing removes it. */
export function openDialog(title: string, content: HTMLElement): HTMLDialogElement {
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" });
  dialog.append(
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id: "dialog-title" }, title),
      button("Close", () => dialog.close(), { class: "quiet" }),
    ),
    content,
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

type Question = { readonly name: string; readonly label: string; readonly type: string; readonly autocomplete: string };

/** Asks for some values, and closes when they are accepted. The form shows what is wrong with them. */
export function openForm(
  title: string,
  questions: readonly Question[],
  take: (values: Record<string, string>) => Promise<void>,
): void {
  const problem = h("p", { class: "problem", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, title);
  const form = h(
    "form",
    {},
    ...questions.map(({ name, label, type, autocomplete }) =>
      h("label", {}, label, h("input", { name, type, autocomplete, required: true })),
    ),
    problem,
    submit,
  );
  const dialog = openDialog(title, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.textContent = "";
    submit.disabled = true;
    take(Object.fromEntries(new FormData(form)) as Record<string, string>)
      .then(() => dialog.close())
      .catch((error: unknown) => (problem.textContent = error instanceof Error ? error.message : String(error)))
      .finally(() => (submit.disabled = false));
  });
}
