import { describe, expect, onTestFinished, test, vi } from "vitest";

import { webStore, type KeptTokens, type TokenStore } from "../../../src/client/index.js";
import { startSessions, whoIs } from "../../support/client-sessions.js";

const minutes = 60_000;

/** Names something as a browser does in which a test runs. */
function stubGlobal(name: string, descriptor: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
  onTestFinished(() => {
    Reflect.deleteProperty(globalThis, name);
    if (before !== undefined) Object.defineProperty(globalThis, name, before);
  });
}

const blocked = () => {
  throw new Error("SecurityError");
};

describe("a session goes on in memory", () => {
  test.each([
    { storage: "that is blocked", localStorage: { get: blocked }, options: {} },
    { storage: "that isn't there", localStorage: { value: undefined }, options: {} },
    { storage: "that is null", localStorage: { value: null }, options: {} },
    { storage: "that may not be read", localStorage: { value: { getItem: blocked } }, options: {} },
    { storage: "that is blocked when it is named", localStorage: { value: undefined }, options: { storage: blocked } },
  ])("with a storage $storage", async ({ localStorage, options }) => {
    stubGlobal("localStorage", localStorage);
    const { api, tokens, open } = await startSessions();
    const session = open({ store: webStore(options) });
    await session.signIn(tokens);
    api.clock.advance(30 * minutes);
    expect(await whoIs(session)).toBe("Ada");
    await session.signOut();
    expect(session.isSignedIn()).toBe(false);
  });

  test("with a storage that is taken away, and without events", async () => {
    const items = new Map<string, string>();
    let isThere = true;
    const open = <Result>(use: () => Result): Result => (isThere ? use() : blocked());
    stubGlobal("addEventListener", { value: undefined });
    const { api, tokens, open: openSession } = await startSessions();
    const session = openSession({
      store: webStore({
        storage: () => ({
          getItem: (key) => open(() => items.get(key) ?? null),
          setItem: (key, value) => open(() => void items.set(key, value)),
          removeItem: (key) => open(() => void items.delete(key)),
        }),
      }),
    });
    await session.signIn(tokens);
    expect(items.size).toBe(1);
    isThere = false;
    for (const _ of [1, 2]) {
      expect(await whoIs(session)).toBe("Ada");
      api.clock.advance(30 * minutes);
    }
    await session.signOut();
    expect(session.isSignedIn()).toBe(false);
    expect(session.onSignedOut).not.toHaveBeenCalled();
  });
});

/** A storage of a phone, or of an extension's pages: each use takes until the test lets it through. */
function slowStorage() {
  let stored: KeptTokens | undefined;
  let isHeld = false;
  let isBroken = false;
  const waiting: (() => void)[] = [];
  const pages: (() => void)[] = [];
  let locked: Promise<unknown> = Promise.resolve();
  const use = async <Result>(work: () => Result): Promise<Result> => {
    if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
    else await Promise.resolve();
    if (isBroken) throw new Error("The keychain is locked");
    return work();
  };
  return {
    stored: () => stored,
    break: () => void (isBroken = true),
    hold: () => void (isHeld = true),
    letThrough() {
      isHeld = false;
      for (const go of waiting.splice(0)) go();
    },
    openPage(): TokenStore {
      const own = new Set<() => void>();
      pages.push(() => own.forEach((changed) => changed()));
      const tell = pages.at(-1);
      return {
        read: () => use(() => stored),
        write: (kept) =>
          use(() => {
            stored = kept;
            for (const page of pages) if (page !== tell) page();
          }),
        watch: (changed) => {
          own.add(changed);
          return () => void own.delete(changed);
        },
        exclusively: (work) => {
          const done = locked.then(work);
          locked = done.catch(() => {});
          return done;
        },
      };
    },
  };
}

describe("a store that answers later", () => {
  test("has signed nobody in until it is read, and then whom it has", async () => {
    const { tokens, open } = await startSessions();
    const storage = slowStorage();
    await open({ store: storage.openPage() }).signIn(tokens);

    storage.hold();
    const session = open({ store: storage.openPage() });
    expect(session.isSignedIn()).toBe(false);
    expect(await session.token()).toBeUndefined();
    expect(await whoIs(session)).toBe("TOKEN_MISSING");
    storage.letThrough();
    await session.ready;
    expect(session.isSignedIn()).toBe(true);
    expect(await whoIs(session)).toBe("Ada");
    expect(session.onSignedOut).not.toHaveBeenCalled();
  });

  test("has the tokens when signIn resolves; the user is signed in at once", async () => {
    const { api, tokens, open } = await startSessions();
    const storage = slowStorage();
    const session = open({ store: storage.openPage() });
    await session.ready;
    storage.hold();
    const kept = vi.fn<() => void>();
    const signingIn = session.signIn(tokens).then(kept);
    expect(session.isSignedIn()).toBe(true);
    expect(await whoIs(session)).toBe("Ada");
    expect(kept).not.toHaveBeenCalled();
    expect(storage.stored()).toBeUndefined();
    storage.letThrough();
    await signingIn;
    expect(storage.stored()).toMatchObject({ accessToken: tokens.accessToken });

    api.clock.advance(30 * minutes);
    const renewed = await session.token();
    expect(renewed).not.toBe(tokens.accessToken);
    expect(storage.stored()).toMatchObject({ accessToken: renewed });
    await session.signOut();
    expect(storage.stored()).toBeUndefined();
  });

  test.each(["signIn", "signOut"] as const)("that is read late doesn't undo a %s", async (change) => {
    const { api, tokens, open } = await startSessions();
    const bob = await api.register("Bob");
    const storage = slowStorage();
    await open({ store: storage.openPage() }).signIn(tokens);
    storage.hold();
    const session = open({ store: storage.openPage() });
    const changing =
      change === "signIn"
        ? session.signIn({ accessToken: bob.token, refreshToken: bob.refreshToken, expiresIn: 1799 })
        : session.signOut();
    storage.letThrough();
    await changing;
    await session.ready;
    expect(await whoIs(session)).toBe(change === "signIn" ? "Bob" : "TOKEN_MISSING");
    expect(storage.stored()?.accessToken).toBe(change === "signIn" ? bob.token : undefined);
    expect(session.onSignedOut).not.toHaveBeenCalled();
  });

  test("that can't be used leaves the session in memory, and fails the promise of signIn", async () => {
    const { api, tokens, open } = await startSessions();
    const storage = slowStorage();
    storage.break();
    const session = open({ store: storage.openPage() });
    await session.ready;
    await expect(session.signIn(tokens)).rejects.toThrow("The keychain is locked");
    for (const _ of [1, 2]) {
      api.clock.advance(30 * minutes);
      expect(await whoIs(session)).toBe("Ada");
    }
    expect(session.onSignedOut).not.toHaveBeenCalled();
  });

  test("lets two pages share each pair: one receives it, the other sends it", async () => {
    const { api, network, tokens, open } = await startSessions();
    const storage = slowStorage();
    const pages = [open({ store: storage.openPage() }), open({ store: storage.openPage() })];
    await pages[0]!.signIn(tokens);
    await expect.poll(() => pages[1]!.isSignedIn()).toBe(true);
    for (const round of [1, 2, 3]) {
      api.clock.advance(30 * minutes);
      expect(await Promise.all(pages.map(whoIs))).toEqual(["Ada", "Ada"]);
      expect(network.refreshes()).toBe(round);
    }
    expect(await pages[0]!.token()).toBe(await pages[1]!.token());
  });

  test("signs out and in for both pages, and sends no request as the next user", async () => {
    const { api, network, tokens, open } = await startSessions();
    const storage = slowStorage();
    const [one, two] = [open({ store: storage.openPage() }), open({ store: storage.openPage() })];
    await one.signIn(tokens);
    await expect.poll(() => two.isSignedIn()).toBe(true);

    // Bob signs in on the first page while the second one exchanges Ada's tokens.
    api.clock.advance(30 * minutes);
    const bob = await api.register("Bob");
    network.onAnswer(async (request, response) => {
      if (network.isRefresh(request))
        await one.signIn({ accessToken: bob.token, refreshToken: bob.refreshToken, expiresIn: 1799 });
      return response;
    });
    expect(await whoIs(two)).toBe("SESSION_REVOKED");
    expect(storage.stored()?.accessToken).toBe(bob.token);
    await two.told("ELSEWHERE");
    expect(await whoIs(two)).toBe("Bob");
    expect(one.onSignedOut).not.toHaveBeenCalled();

    await one.signOut();
    await two.told("ELSEWHERE", "ELSEWHERE");
    expect(two.isSignedIn()).toBe(false);
  });
});
