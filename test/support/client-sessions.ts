import { expect, onTestFinished, vi } from "vitest";

import { createSession, webStore, type EndReason, type Session, type SessionOptions } from "../../src/client/index.js";
import { startApi } from "./api.js";
import { testNetwork } from "./client-scenarios.js";

/** A storage of several tabs, which are told of what another writes as a browser tells them. */
export function testStorage() {
  const items = new Map<string, string>();
  const tabs: { readonly listeners: Set<(event: { key: string | null }) => void> }[] = [];
  let isFull = false;
  return {
    items,
    fill: () => void (isFull = true),
    /** Opens a tab with its view of the storage and the browser. */
    openTab: () => {
      const tab = { listeners: new Set<(event: { key: string | null }) => void>() };
      tabs.push(tab);
      const tell = (key: string) => {
        for (const other of tabs) if (other !== tab) for (const listener of other.listeners) listener({ key });
      };
      const storage = {
        getItem: (key: string) => items.get(key) ?? null,
        setItem(key: string, value: string) {
          if (isFull) throw new Error("QuotaExceededError");
          items.set(key, value);
          tell(key);
        },
        removeItem(key: string) {
          items.delete(key);
          tell(key);
        },
      };
      const { read, write } = webStore({ storage });
      const watch = (changed: () => void) => {
        const listener = ({ key }: { key: string | null }) => void (key === "postern.session" && changed());
        tab.listeners.add(listener);
        return () => void tab.listeners.delete(listener);
      };
      return { read, write, watch };
    },
  };
}

/** Ada, who is signed in by one session or several of one storage. */
export async function startSessions(options: Partial<SessionOptions> = {}, settings: Record<string, string> = {}) {
  const api = await startApi(settings);
  const network = testNetwork();
  const ada = await api.register("Ada");
  const tokens = { accessToken: ada.token, refreshToken: ada.refreshToken, expiresIn: 1799 };
  const open = (more: Partial<SessionOptions> = {}) => {
    const onSignedOut = vi.fn<(reason: EndReason) => void>();
    const now = () => api.clock().getTime();
    const session = createSession({ url: api.url, onSignedOut, fetch: network.fetch, now, ...options, ...more });
    onTestFinished(session.close);
    /** Waits until the application was told of these ends. */
    const told = async (...reasons: string[]) => {
      await expect.poll(() => onSignedOut.mock.calls).toEqual(reasons.map((reason) => [reason]));
    };
    return Object.assign(session, { onSignedOut, told });
  };
  const endEverywhere = () => ada.send("mutation { logoutEverywhere { endedSessions } }");
  return { api, network, ada, tokens, open, endEverywhere };
}

/** The request for the name of the caller. */
export const askWho = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: "{ me { name } }" }),
};

/** Whom the server takes a session's requests for. */
export async function whoIs({ fetch, url }: Session): Promise<unknown> {
  const answer = await fetch(url, askWho);
  const { data, errors } = JSON.parse(await answer.text());
  return data?.me.name ?? errors[0].extensions.reason;
}
