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
  // In the order in which they began to wait, which decides between clients that received the same. Why not in a Map:
  // decision 36.
  const waiting: { readonly clientKey: string; readonly items: Item[]; received: number }[] = [];
  const receivedBefore = new LRUCache<string, number>({ max: rememberedClients });
  // How much the client of the last item had received before it. A new client starts from there.
  let level = 0;

  const placeOf = (clientKey: string) => waiting.findIndex((client) => client.clientKey === clientKey);
  const leave = (place: number) => {
    const [{ clientKey, received }] = waiting.splice(place, 1) as [(typeof waiting)[number]];
    receivedBefore.set(clientKey, received);
  };
  return {
    add(clientKey, item) {
      const own = waiting[placeOf(clientKey)];
      if (own !== undefined) own.items.push(item);
      else
        waiting.push({ clientKey, items: [item], received: Math.max(level, receivedBefore.get(clientKey) ?? level) });
    },
    remove(clientKey, item) {
      const place = placeOf(clientKey);
      const own = waiting[place];
      const index = own?.items.indexOf(item) ?? -1;
      if (own === undefined || index === -1) return false;
      own.items.splice(index, 1);
      if (own.items.length === 0) leave(place);
      return true;
    },
    length: () => waiting.reduce((sum, { items }) => sum + items.length, 0),
    take(fits = () => true) {
      let next = -1;
      let at = -1;
      for (const [place, { items, received }] of waiting.entries()) {
        if (next !== -1 && received >= waiting[next]!.received) continue;
        const index = items.findIndex(fits);
        if (index === -1) continue;
        next = place;
        at = index;
      }
      const client = waiting[next];
      if (client === undefined) return undefined;
      level = client.received;
      client.received += 1;
      const [item] = client.items.splice(at, 1);
      leave(next);
      // Its next item comes after those of all clients that received as much.
      if (client.items.length > 0) waiting.push(client);
      return item;
    },
    charge(clientKey, cost) {
      const own = waiting[placeOf(clientKey)];
      if (own !== undefined) own.received += cost;
      else receivedBefore.set(clientKey, (receivedBefore.get(clientKey) ?? level) + cost);
    },
  };
}
