import { ApolloSandbox } from "@apollo/sandbox";

import type { Session } from "../model/session.js";
import { h } from "./dom.js";

const frameOrigin = "https://sandbox.embed.apollographql.com";

/**
 * Embeds Apollo Sandbox. The frame comes from Apollo's network, but its requests go through the session of this page,
 * so no token enters the frame or its address.
 */
export function makeSandbox(session: Session, url: string, firstDocument: string): HTMLElement {
  const waiting = h(
    "p",
    { class: "notice" },
    "Apollo Sandbox’s frame comes from Apollo’s network, which has not answered yet: without the internet it never " +
      "will, and the rest of this page doesn’t need it.",
  );
  const heard = ({ origin }: MessageEvent) => {
    if (origin !== frameOrigin) return;
    waiting.hidden = true;
    removeEventListener("message", heard);
  };
  addEventListener("message", heard);
  const target = h("div", { class: "sandbox-frame" });
  // oxlint-disable-next-line eslint/no-new -- the constructor fills its target
  new ApolloSandbox({
    target,
    initialEndpoint: url,
    initialSubscriptionEndpoint: url.replace(/^http/, "ws"),
    endpointIsEditable: false,
    allowDynamicStyles: false,
    runTelemetry: false,
    initialState: { includeCookies: false, document: firstDocument },
    async handleRequest(to, { headers, ...options }) {
      // The token must not reach any other server, whatever the frame requests.
      if (new URL(to, url).href !== url) throw new TypeError("Only the server of this page is called from here");
      return (await session.send({ ...options, headers: { accept: headers["accept"] ?? "*/*" } })).response;
    },
  });
  target.querySelector("iframe")!.title = "Apollo Sandbox";
  return h(
    "div",
    { class: "sandbox" },
    waiting,
    h(
      "p",
      { class: "quiet-text" },
      "Queries and mutations carry this page’s session by themselves. Sockets don’t: they take their ",
      h("code", {}, "connectionParams"),
      " from the headers of the tab in Sandbox, where a subscription needs ",
      h("code", {}, "Authorization: Bearer …"),
      ".",
    ),
    target,
  );
}
