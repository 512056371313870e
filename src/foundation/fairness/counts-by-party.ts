/** How much each party has under way, and all of them together. */
export function countsByParty() {
  const counts = new Map<string, number>();
  let inAll = 0;
  return {
    inAll: () => inAll,
    of: (party: string) => counts.get(party) ?? 0,
    add(party: string, change: 1 | -1) {
      inAll += change;
      const count = (counts.get(party) ?? 0) + change;
      if (count === 0) counts.delete(party);
      else counts.set(party, count);
    },
  };
}
