import { machineTimer } from "./clock.js";

/** A pair of tokens as it is kept. */
export type KeptTokens = {
  /** Stands for the sign-in, whose pairs all have it. */
  readonly id: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** When another pair is asked for, ahead of the end, and the end itself; in milliseconds of the client's clock. */
  readonly renewAt: number;
  readonly endsAt: number;
};

/** Where a session keeps its pair of tokens. */
export type TokenStore = {
  readonly read: () => KeptTokens | undefined;
  readonly write: (kept: KeptTokens | undefined) => void;
  /** Calls `changed` when somebody else has written, until what it gives back is called. */
  readonly watch?: (changed: () => void) => () => void;
  /** Does `work` while none of the others who keep their tokens here does theirs. */
  readonly exclusively?: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/** Keeps the pair in memory: a reload signs out, and nothing is left for what runs on the page later. */
export function memoryStore(): TokenStore {
  let kept: KeptTokens | undefined;
  return { read: () => kept, write: (newer) => void (kept = newer) };
}

/** What is used of the browser's storages. */
export type WebStorage = {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
  readonly removeItem: (key: string) => void;
};

/** What is used of the browser, which has no types where there is none. */
type Browser = {
  readonly localStorage: WebStorage;
  readonly navigator?: { readonly locks?: Locks };
  readonly addEventListener: (type: "storage", listener: StorageListener) => void;
  readonly removeEventListener: (type: "storage", listener: StorageListener) => void;
};
type Locks = { readonly request: (name: string, work: () => Promise<void>) => Promise<void> };
type StorageListener = (event: { readonly key: string | null }) => void;

/**
 * Keeps the pair in a storage of the browser, `localStorage` unless another is given: a reload stays signed in, and so
 * do all tabs, of which one refreshes for all. Any script that gets onto the page can take the session along.
 *
 * @param key the name of the item, and of the lock between tabs.
 */
export function webStore({
  storage,
  key = "postern.session",
}: { storage?: WebStorage; key?: string } = {}): TokenStore {
  const browser = globalThis as unknown as Browser;
  const items = storage ?? browser.localStorage;
  // What a full storage doesn't take: the server has replaced the pair before it.
  let unwritten: KeptTokens | undefined;
  return {
    read: () => unwritten ?? keptIn(items.getItem(key)),
    write(kept) {
      unwritten = undefined;
      if (kept === undefined) return items.removeItem(key);
      try {
        items.setItem(key, JSON.stringify(kept));
      } catch {
        unwritten = kept;
      }
    },
    watch(changed) {
      const listener: StorageListener = (event) => {
        if (event.key === key || event.key === null) changed();
      };
      browser.addEventListener("storage", listener);
      return () => browser.removeEventListener("storage", listener);
    },
    // Pages that weren't fetched securely have no locks: the server forgives two tabs that refresh at once.
    exclusively(work) {
      const locks = browser.navigator?.locks;
      return locks === undefined ? work() : whileLocked(locks, key, work);
    },
  };
}

// Tabs are processes, and one reads a moment later what another has written, whoever had the lock.
const lingerMilliseconds = 200;

/** Gives the outcome of `work` at once, and holds its lock until other tabs can read what it has written. */
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

/** The pair in an item; undefined for none, and for what somebody else has written there. */
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
