/**
 * What titles are sorted by, byte for byte: accents and case make no difference, and the machine's language doesn't
 * either, so that every database sorts them alike.
 */
export function titleKeyOf(title: string): string {
  return title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
