import { createHmac, hkdfSync, type KeyObject } from "node:crypto";

import type { Keyring } from "../../foundation/config/signing-keys.js";
import { emailKeyOf } from "../user/user.service.js";

const keys = new WeakMap<KeyObject, Buffer>();
const keyBytes = 16;

/**
 * Returns the key under which the log names an account. It connects the attempts at one account, and hides the email
 * address from readers without the signing key. It is the same in every process until that key changes.
 */
export function accountKeyOf(email: string, { newest: { signWith } }: Keyring): string {
  const key = keys.get(signWith) ?? deriveKey(signWith);
  keys.set(signWith, key);
  return createHmac("sha256", key).update(emailKeyOf(email)).digest("base64url").slice(0, 22);
}

function deriveKey(signWith: KeyObject): Buffer {
  const secret = signWith.type === "secret" ? signWith.export() : signWith.export({ type: "pkcs8", format: "der" });
  return Buffer.from(hkdfSync("sha256", secret, "", "postern accounts in the log", keyBytes));
}
