import type { Session } from "../model/session.js";
import { attempt, button, h, set } from "./dom.js";
import { makeRing } from "./ring.js";
import { openSignIn, openSignUp, quickLabel, signInQuickly, type Offers } from "./sign-in.js";

type Parts = {
  readonly session: Session;
  readonly offers: Offers;
  readonly letExpire: () => Promise<void>;
  readonly renewsByItself: boolean;
  readonly keepRenewsByItself: (does: boolean) => void;
};

/** Makes the bar with the user, the token's remaining time and the session's actions. `tick` updates the time. */
export function makeSessionBar({ session, offers, letExpire, ...rest }: Parts) {
  const ring = makeRing();
  const name = h("strong", {});
  const mail = h("span", { class: "quiet-text" });
  const byItself = h("input", { type: "checkbox", checked: rest.renewsByItself });
  session.renewsByItself = rest.renewsByItself;
  byItself.addEventListener("change", () => {
    session.renewsByItself = byItself.checked;
    rest.keepRenewsByItself(byItself.checked);
  });
  const expire = button("Let it expire now", () => void attempt(letExpire));
  set(expire, offers.canExpire ? {} : { disabled: true, title: "Outside production only" });

  const inside = h(
    "div",
    { class: "session inside" },
    ring.element,
    h("div", { class: "who" }, name, mail),
    button("Renew", () => void attempt(() => session.renew())),
    expire,
    h("label", { class: "switch" }, byItself, "Renew by itself"),
    button("Sign out", () => void attempt(session.signOut), { class: "quiet" }),
  );
  const why = h("span", { class: "why", role: "status" });
  const outside = h(
    "div",
    { class: "session outside" },
    why,
    button(quickLabel(offers), () => void signInQuickly(session, offers), { class: "primary" }),
    button("Sign in", () => openSignIn(session)),
    button("Sign up", () => openSignUp(session)),
  );
  const element = h("section", { class: "session-bar", "aria-label": "Session" }, outside, inside);

  const tick = () => {
    const current = session.current();
    if (current !== undefined) ring.show(session.serverNow(), current.givenAt, current.expiresAt);
  };
  const show = () => {
    const current = session.current();
    const ended = session.ended();
    inside.hidden = current === undefined;
    outside.hidden = current !== undefined;
    why.textContent = ended === undefined ? "Nobody is signed in" : `The session has ended: ${ended.reason}`;
    set(why, { "data-bad": ended !== undefined });
    name.textContent = current?.name ?? "";
    mail.textContent = current?.email ?? "";
    tick();
  };
  session.onChange(show);
  show();
  return { element, tick };
}
