import { LRUCache } from "lru-cache";

/**
 * Items that wait, given out by turns between the parties that they are for: the next turn is for the client that has
 * been given least, so that who asks for much waits for themselves.
 */
export type FairQueue<Item> = {
  readonly add: (clientKey: string, item: Item) => void;
  /** Takes an item out that waits no longer. Answers false where it isn't there: it was given out. */
  readonly remove: (clientKey: string, item: Item) => boolean;
  /** How many wait. */
  readonly length: () => number;
  /** The next item, of those that fit; it counts as 1 given to its client. */
  readonly take: (fits?: (item: Item) => boolean) => Item | undefined;
  /** Counts as much more as given to a client, whose turn was longer than others'. */
  readonly charge: (clientKey: string, more: number) => void;
};

// Of how many parties that don't wait it is remembered what they were given: the latest ones.
const remembered = 1000;

export function fairQueue<Item>(): FairQueue<Item> {
  // In the order in which they began to wait, which decides between those who were given the same.
  const waiting = new Map<string, { readonly items: Item[]; given: number }>();
  const givenBefore = new LRUCache<string, number>({ max: remembered });
  // What the client of the latest turn had been given before it. Who comes then has no claim to more than that.
  let level = 0;

  const leave = (clientKey: string, given: number) => {
    waiting.delete(clientKey);
    givenBefore.set(clientKey, given);
  };
  return {
    add(clientKey, item) {
      const own = waiting.get(clientKey);
      if (own !== undefined) own.items.push(item);
      else waiting.set(clientKey, { items: [item], given: Math.max(level, givenBefore.get(clientKey) ?? level) });
    },
    remove(clientKey, item) {
      const own = waiting.get(clientKey);
      const index = own?.items.indexOf(item) ?? -1;
      if (own === undefined || index === -1) return false;
      own.items.splice(index, 1);
      if (own.items.length === 0) leave(clientKey, own.given);
      return true;
    },
    length: () => [...waiting.values()].reduce((sum, { items }) => sum + items.length, 0),
    take(fits = () => true) {
      let next: string | undefined;
      let least = Infinity;
      let at = -1;
      for (const [clientKey, { items, given }] of waiting) {
        if (given >= least) continue;
        const index = items.findIndex(fits);
        if (index === -1) continue;
        next = clientKey;
        least = given;
        at = index;
      }
      if (next === undefined) return undefined;
      const { items } = waiting.get(next)!;
      level = least;
      const [item] = items.splice(at, 1);
      leave(next, least + 1);
      // Among those who were given as much, its next turn is the last.
      if (items.length > 0) waiting.set(next, { items, given: least + 1 });
      return item;
    },
    charge(clientKey, more) {
      const own = waiting.get(clientKey);
      if (own !== undefined) own.given += more;
      else givenBefore.set(clientKey, (givenBefore.get(clientKey) ?? level) + more);
    },
  };
}
