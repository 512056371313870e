import { generateKeyPairSync } from "node:crypto";

import { newSecret } from "../foundation/config/secret-file.js";
import { asymmetricKey, secretKey, type SigningKey } from "../foundation/config/signing-keys.js";
import type { CommandResult } from "./command.js";

/** Makes a new signing secret or a new key pair, and stores it nowhere. */
export function makeSecret(asKeyPair: boolean): CommandResult {
  if (!asKeyPair) {
    const secret = newSecret();
    return { json: { secret }, text: secret, acts: made(secretKey(secret)) };
  }
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const text = `${privateKey}${publicKey}`.trimEnd();
  return { json: { privateKey, publicKey }, text, acts: made(asymmetricKey(pair.privateKey)) };
}

const made = ({ id, algorithm }: SigningKey) => [{ event: "key made", keyId: id, algorithm }];
