import type { KeptTokens, TokenStore } from "postern/client";

/** The used part of `expo-secure-store`. */
export type SecureStore = {
  readonly getItemAsync: (key: string) => Promise<string | null>;
  readonly setItemAsync: (key: string, value: string) => Promise<void>;
  readonly deleteItemAsync: (key: string) => Promise<void>;
};

/** Stores the tokens in the keychain of a phone. */
export function secureStore(keychain: SecureStore, key = "postern.session"): TokenStore {
  return {
    async read() {
      const text = await keychain.getItemAsync(key);
      return text === null ? undefined : (JSON.parse(text) as KeptTokens);
    },
    write: (kept) =>
      kept === undefined ? keychain.deleteItemAsync(key) : keychain.setItemAsync(key, JSON.stringify(kept)),
  };
}
