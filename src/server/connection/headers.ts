/**
 * The headers of every response. Strict-Transport-Security is missing because TLS ends in front of this server, at a proxy
 * that knows whether the whole host uses TLS.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  vary: "Authorization, Accept, Origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Pages of other sites may read what CORS allows, and embed nothing.
  "cross-origin-resource-policy": "same-origin",
  // A browser that opens JSON shows it as a document.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};
