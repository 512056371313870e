/**
 * Returns the sort key of a title, which is compared byte by byte. Accents, case and the machine's locale make no difference,
 * so every database sorts alike.
 */
export function titleKeyOf(title: string): string {
  return title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
