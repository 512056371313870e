// What keeps a session in an application: `postern/client`. It runs in browsers, and wherever there is `fetch`.
export { createSession, type EndReason, type Session, type SessionOptions, type Tokens } from "./session.js";
export { memoryStore, webStore, type KeptTokens, type TokenStore, type WebStorage } from "./token-store.js";
