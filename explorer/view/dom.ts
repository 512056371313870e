import { later } from "../clock.js";

type Child = Node | string | undefined | false;

/** Attributes by name; true sets an attribute without a value, false removes it. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), attributes, children);
}

/** Makes an element of SVG. */
export function s<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill<Made extends Element>(element: Made, attributes: Attributes, children: readonly Child[]): Made {
  set(element, attributes);
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** Sets attributes, and removes those that are false or undefined. */
export function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes))
    if (value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
}

/** Makes a button. */
export function button(label: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = h("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", press);
  return made;
}

const status = h("div", { role: "status", class: "status" });
const shownMilliseconds = 6000;
let forget = () => {};

/** Shows a message at the page's foot for a while, and announces it to screen readers. */
export function say(text: string): void {
  forget();
  // Inside an open dialog, since that covers everything outside it.
  (document.querySelector("dialog[open]") ?? document.body).append(status);
  status.textContent = text;
  forget = later(shownMilliseconds, () => (status.textContent = ""));
}

/** Runs work, and shows its error if it fails. */
export async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
