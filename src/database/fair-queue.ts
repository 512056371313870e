/** Items that wait, given out by turns between the parties that they are for: who queues much waits for themselves. */
export type FairQueue<Item> = {
  readonly add: (party: string, item: Item) => void;
  /** Takes an item out that waits no longer. Answers false where it isn't there: it was given out. */
  readonly remove: (party: string, item: Item) => boolean;
  /** The next item that `fits`, of the party that has waited longest for a turn. */
  readonly take: (fits?: (item: Item) => boolean) => Item | undefined;
};

export function fairQueue<Item>(): FairQueue<Item> {
  // In the order of their turns: a party that was given one moves to the end.
  const itemsByParty = new Map<string, Item[]>();
  const takeAt = (party: string, items: Item[], index: number): Item => {
    const [item] = items.splice(index, 1);
    if (items.length === 0) itemsByParty.delete(party);
    return item!;
  };
  return {
    add(party, item) {
      const items = itemsByParty.get(party);
      if (items === undefined) itemsByParty.set(party, [item]);
      else items.push(item);
    },
    remove(party, item) {
      const items = itemsByParty.get(party);
      const index = items?.indexOf(item) ?? -1;
      if (items === undefined || index === -1) return false;
      takeAt(party, items, index);
      return true;
    },
    take(fits = () => true) {
      for (const [party, items] of itemsByParty) {
        const index = items.findIndex(fits);
        if (index === -1) continue;
        const item = takeAt(party, items, index);
        if (itemsByParty.delete(party)) itemsByParty.set(party, items);
        return item;
      }
      return undefined;
    },
  };
}
