import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";

import { secureStore, type SecureStore } from "../../../docs/clients/react-native.js";
import { createLiveClient } from "../../../src/client/live.js";
import { startSessions, whoIs } from "../../support/client-sessions.js";
import { newFolder } from "../../support/files.js";

const minutes = 60_000;

/** A keychain in files, which keep their contents when the application ends. */
function keychainIn(folder: string): SecureStore {
  return {
    getItemAsync: (key) => readFile(join(folder, key), "utf8").catch(() => null),
    setItemAsync: (key, value) => writeFile(join(folder, key), value),
    deleteItemAsync: (key) => rm(join(folder, key), { force: true }),
  };
}

/** Takes away what React Native doesn't have. */
function asOnAPhone(): void {
  for (const [owner, name] of [
    [AbortSignal, "timeout"],
    [AbortSignal, "any"],
    [AbortSignal.prototype, "reason"],
    [AbortSignal.prototype, "throwIfAborted"],
    [globalThis, "navigator"],
    [globalThis, "localStorage"],
  ] as const) {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    if (before === undefined) continue;
    Reflect.deleteProperty(owner, name);
    onTestFinished(() => void Object.defineProperty(owner, name, before));
  }
}

test("an application that is closed and opened again stays signed in, until its user signs out", async () => {
  const { api, network, tokens, open } = await startSessions();
  asOnAPhone();
  const keychain = keychainIn(newFolder());
  await open({ store: secureStore(keychain) }).signIn(tokens);

  for (const round of [1, 2]) {
    const session = open({ store: secureStore(keychain) });
    expect(session.isSignedIn()).toBe(false);
    await session.ready;
    expect(session.isSignedIn()).toBe(true);
    api.clock.advance(30 * minutes);
    expect(await Promise.all([whoIs(session), whoIs(session)])).toEqual(["Ada", "Ada"]);
    expect(network.refreshes()).toBe(round);
  }

  const last = open({ store: secureStore(keychain) });
  await last.ready;
  await last.signOut();
  const after = open({ store: secureStore(keychain) });
  await after.ready;
  expect(after.isSignedIn()).toBe(false);
  expect(await keychain.getItemAsync("postern.session")).toBeNull();
});

test("a request is given up on a phone, whose signals have no reason", async () => {
  const { api, network, tokens, open } = await startSessions();
  const session = open();
  await session.signIn(tokens);
  api.clock.advance(30 * minutes);
  const controller = new AbortController();
  network.onAnswer(async (_request, response) => {
    asOnAPhone();
    controller.abort();
    return response;
  });
  await expect(session.fetch(session.url, { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
});

test("live posts come from the endpoint's own path, to which a phone's URL adds a slash", async () => {
  const { tokens, open } = await startSessions();
  const session = open();
  await session.signIn(tokens);
  class PhoneUrl extends URL {
    constructor(url: string, base?: string) {
      super(url, base);
      Object.defineProperty(this, "href", { value: super.toString().replace(/\/?$/, "/") });
    }
  }
  vi.stubGlobal("URL", PhoneUrl);
  const live = createLiveClient({ session, webSocketImpl: WebSocket });
  vi.unstubAllGlobals();
  onTestFinished(() => void live.dispose());
  const events = live.iterate<any>({ query: "subscription { postEvents { kind } }" });
  expect((await events.next()).value.data).toEqual({ postEvents: { kind: "READY" } });
});
