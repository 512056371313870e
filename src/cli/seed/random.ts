/** Random numbers that are the same for the same seed. */
export type Random = {
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  readonly next: () => number;
  readonly below: (count: number) => number;
  readonly between: (least: number, most: number) => number;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** Returns the items in random order; with a count, the first ones of that order. */
  readonly shuffled: <Item>(items: readonly Item[], count?: number) => Item[];
};

/** Makes the generator known as mulberry32, which has 32 bits of state. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    next,
    below,
    between: (least, most) => least + next() * (most - least),
    pick: (items) => items[below(items.length)]!,
    shuffled(items, count = items.length) {
      const order = [...items];
      const most = Math.min(count, items.length);
      for (let index = 0; index < most; index += 1) {
        const other = index + below(order.length - index);
        [order[index], order[other]] = [order[other]!, order[index]!];
      }
      return order.slice(0, most);
    },
  };
}
