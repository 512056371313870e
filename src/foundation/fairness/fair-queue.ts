import { LRUCache } from "lru-cache";

/**
 * A queue that is fair between clients: the next item is one of the client that has received least so far. A client
 * with many items delays only itself.
 */
export type FairQueue<Item> = {
  readonly add: (clientKey: string, item: Item) => void;
  /** Removes an item that no longer waits. Returns false if it isn't in the queue, because it was taken. */
  readonly remove: (clientKey: string, item: Item) => boolean;
  /** Returns the number of items. */
  readonly length: () => number;
  /** Takes the next item that fits. It counts as 1 received by its client. */
  readonly take: (fits?: (item: Item) => boolean) => Item | undefined;
  /** Counts `cost` more as received by a client, whose item took longer than others. */
  readonly charge: (clientKey: string, cost: number) => void;
};

// The number of clients without items of which it is remembered how much they received.
const rememberedClients = 1000;

export function fairQueue<Item>(): FairQueue<Item> {
  // In the order in which they began to wait, which decides between clients that received the same.
  const waiting = new Map<string, { readonly items: Item[]; received: number }>();
  const receivedBefore = new LRUCache<string, number>({ max: rememberedClients });
  // How much the client of the last item had received before it. A new client starts from there.
  let level = 0;

  const leave = (clientKey: string, received: number) => {
    waiting.delete(clientKey);
    receivedBefore.set(clientKey, received);
  };
  return {
    add(clientKey, item) {
      const own = waiting.get(clientKey);
      if (own !== undefined) own.items.push(item);
      else waiting.set(clientKey, { items: [item], received: Math.max(level, receivedBefore.get(clientKey) ?? level) });
    },
    remove(clientKey, item) {
      const own = waiting.get(clientKey);
      const index = own?.items.indexOf(item) ?? -1;
      if (own === undefined || index === -1) return false;
      own.items.splice(index, 1);
      if (own.items.length === 0) leave(clientKey, own.received);
      return true;
    },
    length: () => [...waiting.values()].reduce((sum, { items }) => sum + items.length, 0),
    take(fits = () => true) {
      let next: string | undefined;
      let least = Infinity;
      let at = -1;
      for (const [clientKey, { items, received }] of waiting) {
        if (received >= least) continue;
        const index = items.findIndex(fits);
        if (index === -1) continue;
        next = clientKey;
        least = received;
        at = index;
      }
      if (next === undefined) return undefined;
      const { items } = waiting.get(next)!;
      level = least;
      const [item] = items.splice(at, 1);
      leave(next, least + 1);
      // Its next item comes after those of all clients that received as much.
      if (items.length > 0) waiting.set(next, { items, received: least + 1 });
      return item;
    },
    charge(clientKey, cost) {
      const own = waiting.get(clientKey);
      if (own !== undefined) own.received += cost;
      else receivedBefore.set(clientKey, (receivedBefore.get(clientKey) ?? level) + cost);
    },
  };
}
