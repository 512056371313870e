import { withoutSecrets, type Draft } from "./secrets.js";

/** A document being worked on. */
export type Tab = { readonly id: number; document: string; variables: string; operation: string | undefined };

/** Something that was run; `at` is in milliseconds since 1970. */
export type Entry = {
  readonly document: string;
  readonly variables: string;
  readonly title: string;
  readonly at: number;
  readonly status: string;
};

export type Workspace = { tabs: Tab[]; active: number; history: readonly Entry[]; renewsByItself: boolean };

/** The part of `localStorage` that is needed. */
export type Store = { getItem(key: string): string | null; setItem(key: string, value: string): void };

const key = "postern.explorer";
const mostEntries = 50;

/** Returns the stored workspace; one tab with the first document if there is none or it can't be read. */
export function loadWorkspace(store: Store, firstDocument: string): Workspace {
  const fresh = { tabs: [newTab([], firstDocument)], active: 1, history: [], renewsByItself: false };
  try {
    const kept = JSON.parse(store.getItem(key) ?? "null") as Workspace | null;
    return kept !== null && Array.isArray(kept.tabs) && kept.tabs.length > 0 ? { ...fresh, ...kept } : fresh;
  } catch {
    return fresh;
  }
}

const clean = <Kept extends Draft>(kept: Kept): Kept => ({ ...kept, ...withoutSecrets(kept) });

/** Stores the workspace without secrets. If the browser can't store it, the page works all the same. */
export function saveWorkspace(store: Store, workspace: Workspace): void {
  const { tabs, history } = workspace;
  try {
    store.setItem(key, JSON.stringify({ ...workspace, tabs: tabs.map(clean), history: history.map(clean) }));
  } catch {
    // The storage is full or switched off.
  }
}

/** A tab with an id that none of the others has. */
export function newTab(others: readonly Tab[], document: string, variables = ""): Tab {
  return { id: Math.max(0, ...others.map(({ id }) => id)) + 1, document, variables, operation: undefined };
}

/** Adds an entry to the history and removes an earlier one of the same request. */
export function withEntry(history: readonly Entry[], entry: Entry): readonly Entry[] {
  const isSame = (other: Entry) => other.document === entry.document && other.variables === entry.variables;
  return [entry, ...history.filter((other) => !isSame(other))].slice(0, mostEntries);
}
