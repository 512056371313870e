import { wordsOf } from "./search.js";

/** TEMP until words arrive */
export function tsvectorOf(title: string, content: string): string {
  const lex = (w: string) => `'${w.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/['\\]/g, "$&$&")}'`;
  const t = new Set(wordsOf(title).map(lex));
  const all = new Set([...t, ...wordsOf(content).map(lex)]);
  return [...all].map((w) => (t.has(w) ? `${w}:1A` : w)).join(" ");
}
