import { machineTimer } from "./clock.js";

/** The tokens as they are stored. */
export type KeptTokens = {
  /** The id of the sign-in. Refreshed tokens have the same. */
  readonly id: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The time of the next refresh and the end of the access token, in milliseconds of the client's clock. */
  readonly renewAt: number;
  readonly endsAt: number;
};

/** Stores the tokens of a session. `read` and `write` may return promises, as the storages of phones do. */
export type TokenStore = {
  readonly read: () => KeptTokens | undefined | Promise<KeptTokens | undefined>;
  readonly write: (kept: KeptTokens | undefined) => void | Promise<void>;
  /** Calls `changed` when another tab has written, until the returned function is called. */
  readonly watch?: (changed: () => void) => () => void;
  /** Runs `work` while no other tab with the same store runs its own. */
  readonly exclusively?: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/** Stores the tokens in memory. A reload signs out, and scripts that run later find nothing. */
export function memoryStore(): TokenStore {
  let kept: KeptTokens | undefined;
  return { read: () => kept, write: (newer) => void (kept = newer) };
}

/** The used part of a browser's storage. */
export type WebStorage = {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
  readonly removeItem: (key: string) => void;
};

/** The used part of the browser. Its own types are missing elsewhere. */
type Browser = {
  readonly localStorage?: WebStorage | null;
  readonly navigator?: { readonly locks?: Locks };
  readonly addEventListener?: (type: "storage", listener: StorageListener) => void;
  readonly removeEventListener?: (type: "storage", listener: StorageListener) => void;
};
type Locks = { readonly request: (name: string, work: () => Promise<void>) => Promise<void> };
type StorageListener = (event: { readonly key: string | null }) => void;

/**
 * Stores the tokens in a storage of the browser, `localStorage` by default. The user stays signed in after a reload and in
 * all tabs, of which one refreshes for all. Any script that gets onto the page can steal the session. If the storage is
 * blocked or there is none, memory takes its place.
 *
 * @param storage a storage, or a function that returns one: a browser that blocks `sessionStorage` throws when it is named.
 * @param key the name of the item, and of the lock between tabs.
 */
export function webStore({
  storage,
  key = "postern.session",
}: { storage?: WebStorage | (() => WebStorage); key?: string } = {}): TokenStore {
  const browser = globalThis as unknown as Browser;
  const items = usable(() => (typeof storage === "function" ? storage() : (storage ?? browser.localStorage)), key);
  if (items === undefined) return memoryStore();
  // A full storage may reject tokens. They can't be lost: the server has replaced the ones before.
  let last: KeptTokens | undefined;
  let isWritten = true;
  return {
    read() {
      try {
        if (isWritten) last = keptIn(items.getItem(key));
      } catch {
        // The storage was taken away: memory goes on.
      }
      return last;
    },
    write(kept) {
      last = kept;
      try {
        if (kept === undefined) items.removeItem(key);
        else items.setItem(key, JSON.stringify(kept));
        isWritten = true;
      } catch {
        isWritten = false;
      }
    },
    watch(changed) {
      const listener: StorageListener = (event) => {
        if (event.key === key || event.key === null) changed();
      };
      browser.addEventListener?.("storage", listener);
      return () => browser.removeEventListener?.("storage", listener);
    },
    // Pages without HTTPS have no locks. The server accepts two tabs that refresh at once.
    exclusively(work) {
      const locks = browser.navigator?.locks;
      return locks === undefined ? work() : whileLocked(locks, key, work);
    },
  };
}

/** Returns a storage that can be read; undefined if there is none, or if the browser blocks it. */
function usable(find: () => WebStorage | null | undefined, key: string): WebStorage | undefined {
  try {
    const found = find();
    found?.getItem(key);
    return found ?? undefined;
  } catch {
    return undefined;
  }
}

// A tab sees what another has written a moment later, even with the lock.
const lingerMilliseconds = 200;

/** Resolves like `work`, and holds the lock until other tabs can read what was written. */
function whileLocked<Result>(locks: Locks, name: string, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const hold = async () => {
      const working = work();
      working.then(resolve, reject);
      await working.catch(() => {});
      await new Promise<void>((done) => void machineTimer(done, lingerMilliseconds));
    };
    locks.request(name, hold).catch(reject);
  });
}

/** Returns the tokens in an item; undefined if it has none, or something else. */
function keptIn(text: string | null): KeptTokens | undefined {
  try {
    const kept = JSON.parse(text ?? "null") as Partial<KeptTokens> | null;
    const { id, accessToken, refreshToken, renewAt, endsAt } = kept ?? {};
    const isKept = [id, accessToken, refreshToken].every((one) => typeof one === "string");
    return isKept && typeof renewAt === "number" && typeof endsAt === "number" ? (kept as KeptTokens) : undefined;
  } catch {
    return undefined;
  }
}
