/**
 * The headers of every response. There is no Strict-Transport-Security: TLS ends in front of this server, and
 * whoever ends it knows whether the whole host has it.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  vary: "Authorization, Accept, Origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Other sites' pages may read what CORS lets them, and embed nothing.
  "cross-origin-resource-policy": "same-origin",
  // JSON that somebody opens in a browser is a document too.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};
