import { generateKeyPairSync } from "node:crypto";

import { newSecret } from "../config/kept-secret.js";
import type { Outcome } from "./command.js";

/** A fresh signing secret or a fresh key pair, and nothing else. */
export function makeSecret(asKeyPair: boolean): Outcome {
  if (!asKeyPair) {
    const secret = newSecret();
    return { json: { secret }, text: secret };
  }
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  return { json: { privateKey, publicKey }, text: `${privateKey}${publicKey}`.trimEnd() };
}
