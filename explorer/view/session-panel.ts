import { claimsOf, formatInstant } from "../model/claims.js";
import type { Session } from "../model/session.js";
import { attempt, button, h } from "./dom.js";

type Row = {
  readonly id: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly userAgent: string | null;
  readonly current: boolean;
};

const sessions = "query Sessions { me { sessions { id createdAt lastUsedAt expiresAt userAgent current } } }";
const end = "mutation End($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }";

/** Makes the panel with the token's claims and the user's sessions, which can be ended. `refresh` reloads it. */
export function makeSessionPanel(session: Session) {
  const claims = h("dl", { class: "claims" });
  const list = h("ul", { class: "sessions" });
  const note = h("p", { class: "quiet-text" }, "Sign in to see the token's claims and your sessions.");
  const content = h(
    "div",
    {},
    h("h3", {}, "Claims of the access token"),
    claims,
    h("h3", {}, "Sessions"),
    list,
    button("Read the list again", () => void attempt(refresh)),
  );
  const element = h("div", { class: "aside-content" }, note, content);

  const showClaims = () => {
    const current = session.current();
    note.hidden = current !== undefined;
    content.hidden = current === undefined;
    claims.replaceChildren();
    if (current === undefined) return list.replaceChildren();
    for (const [name, value] of Object.entries(claimsOf(current.accessToken))) {
      const instant = typeof value === "number" && formatInstant(new Date(value * 1000).toISOString());
      claims.append(h("dt", {}, name), h("dd", {}, String(value), instant && h("div", {}, instant)));
    }
  };
  const refresh = async () => {
    // The panel is hidden.
    if (session.current() === undefined || !element.checkVisibility()) return;
    const { me } = await session.ask<{ me: { sessions: readonly Row[] } }>(sessions);
    list.replaceChildren(
      ...me.sessions.map((row) =>
        h(
          "li",
          {},
          h("strong", {}, row.current ? "This one" : "Another"),
          h("div", { class: "quiet-text" }, row.userAgent ?? "an unknown client"),
          h(
            "dl",
            { class: "claims" },
            ...(["createdAt", "lastUsedAt", "expiresAt"] as const).flatMap((name) => [
              h("dt", {}, name),
              h("dd", {}, formatInstant(row[name])),
            ]),
          ),
          button("End", () => void attempt(() => endOne(row)), {
            "aria-label": `End the session since ${row.createdAt}`,
          }),
        ),
      ),
    );
  };
  const endOne = async ({ id }: Row) => {
    await session.ask(end, { input: { sessionId: id } });
    await refresh();
  };
  session.onChange(showClaims);
  showClaims();
  return { element, refresh: () => attempt(refresh) };
}
