import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

const cipher = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** A new refresh token: 256 random bits, which mean nothing. */
export function newRefreshToken(): string {
  return randomBytes(32).toString("base64url");
}

/** What is stored of a refresh token. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Seals a token's successor so that only who has the token can open it; the database alone does not tell it. */
export function sealSuccessor(successor: string, token: string): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, sealingKey(token), nonce);
  const sealed = Buffer.concat([sealing.update(successor, "utf8"), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString("base64url");
}

/**
 * Opens what `sealSuccessor` sealed under the same token.
 *
 * @throws where it was sealed under another, or was changed.
 */
export function openSuccessor(sealedSuccessor: string, token: string): string {
  const bytes = Buffer.from(sealedSuccessor, "base64url");
  const opening = createDecipheriv(cipher, sealingKey(token), bytes.subarray(0, nonceBytes));
  opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString("utf8");
}

// Derived apart from the stored hash, which would otherwise open every seal (RFC 5869).
function sealingKey(token: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", token, "", "postern refresh token successor", 32));
}
