import { formatSeconds } from "../model/claims.js";
import { h, s, set } from "./dom.js";

const radius = 13;
const round = 2 * Math.PI * radius;

/** Makes a ring that empties towards an instant, with the remaining time beside it. */
export function makeRing() {
  const arc = s("circle", {
    class: "arc",
    cx: 16,
    cy: 16,
    r: radius,
    transform: "rotate(-90 16 16)",
    "stroke-dasharray": round,
  });
  const drawing = s(
    "svg",
    { class: "ring", viewBox: "0 0 32 32", width: 32, height: 32, "aria-hidden": "true" },
    s("circle", { class: "track", cx: 16, cy: 16, r: radius }),
    arc,
  );
  const text = h("span", { class: "left" });
  const element = h("div", { class: "countdown", role: "timer", "aria-label": "Until the token ends" }, drawing, text);
  return {
    element,
    /** All in milliseconds: the present, and the token's start and end. */
    show(now: number, from: number, to: number) {
      const left = Math.max(0, to - now);
      const share = Math.min(1, left / Math.max(1, to - from));
      set(arc, { "stroke-dashoffset": round * (1 - share) });
      set(element, { "data-state": left === 0 ? "over" : share < 0.2 ? "soon" : "good" });
      text.textContent = left === 0 ? "expired" : formatSeconds(Math.ceil(left / 1000));
    },
  };
}
