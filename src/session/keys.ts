import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** A key with its one algorithm: whatever a token's header asks for, no other is ever tried with it. */
export type SigningKey = {
  /** The token header's `kid`. */
  readonly id: string;
  readonly algorithm: "HS256";
  readonly key: KeyObject;
};

/** The keys in use: one signs, all verify. */
export type Keyring = { readonly newest: SigningKey; readonly byId: ReadonlyMap<string, SigningKey> };

/**
 * Makes a keyring of secrets, newest first.
 *
 * A `KeyObject` is made once: given the text, jsonwebtoken would make one for every token, at many times the price
 * of the check itself.
 */
export function keyringOf(secrets: readonly string[]): Keyring {
  const keys = secrets.map((secret): SigningKey => {
    const bytes = Buffer.from(secret, "utf8");
    return {
      // Names the key without telling anything of it, and is the same on every host that has it.
      id: createHmac("sha256", bytes).update("postern kid").digest("hex").slice(0, 16),
      algorithm: "HS256",
      key: createSecretKey(bytes),
    };
  });
  const [newest] = keys;
  if (newest === undefined) throw new Error("a keyring needs a secret");
  return { newest, byId: new Map(keys.map((key) => [key.id, key])) };
}
