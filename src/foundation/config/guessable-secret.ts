/** Secrets in tutorials that are often copied: FastAPI's, and the example of jwt.io. */
const publishedSecrets = [
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
  "a-string-secret-at-least-256-bits-long",
];

/** The parts of a placeholder that somebody means to replace later. */
const stockWords =
  /change|replace|before|secret|super|passw(or)?d|your|my|jwt|token|key|sign(ing|ature)?|auth|access|this|that|is|it|an?|the|to|in|me|please|very|really|long|strong|safe|random|string|some(thing)?|at|least|bytes?|bits?|characters?|chars?|default|dev(elopment)?|prod(uction)?|test(ing)?|example|sample|demo|app|postern|foo|bar|abc|xyz|qwerty|[0-9]/g;

/**
 * Reports whether others can guess a signing secret: one from a tutorial, one of stock words and digits (`changeme`,
 * `your-secret-key-…`), or one of few different characters. It finds common mistakes, and can't prove a secret good.
 */
export function isGuessableSecret(secret: string): boolean {
  const text = secret.toLowerCase();
  if (publishedSecrets.some((known) => text.includes(known.slice(0, 16)))) return true;
  if (new Set(text).size < 8) return true;
  return text.replaceAll(/[^a-z0-9]/g, "").replaceAll(stockWords, "").length < 6 && !/^[0-9a-f]{32,}$/.test(text);
}
