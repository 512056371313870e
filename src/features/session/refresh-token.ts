import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

const cipher = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Returns a new refresh token: 256 random bits. */
export function newRefreshToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Returns the hash under which a refresh token is stored. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Encrypts a token's successor so that only the token can decrypt it. The database alone does not reveal it. */
export function sealSuccessor(successor: string, token: string): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, sealingKey(token), nonce);
  const sealed = Buffer.concat([sealing.update(successor, "utf8"), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString("base64url");
}

/**
 * Decrypts what `sealSuccessor` returned for the same token.
 *
 * @throws Error if it was sealed with another token, or was changed.
 */
export function openSuccessor(sealedSuccessor: string, token: string): string {
  const bytes = Buffer.from(sealedSuccessor, "base64url");
  const opening = createDecipheriv(cipher, sealingKey(token), bytes.subarray(0, nonceBytes));
  opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString("utf8");
}

// Derived separately from the stored hash, which would otherwise decrypt every successor (RFC 5869).
function sealingKey(token: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", token, "", "postern refresh token successor", 32));
}
