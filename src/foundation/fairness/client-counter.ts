/** How much each client has under way, and all of them together. */
export function countsByClient() {
  const counts = new Map<string, number>();
  let inAll = 0;
  return {
    inAll: () => inAll,
    of: (clientKey: string) => counts.get(clientKey) ?? 0,
    add(clientKey: string, change: 1 | -1) {
      inAll += change;
      const count = (counts.get(clientKey) ?? 0) + change;
      if (count === 0) counts.delete(clientKey);
      else counts.set(clientKey, count);
    },
  };
}
