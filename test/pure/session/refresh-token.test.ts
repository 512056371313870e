import { createDecipheriv, hkdfSync } from "node:crypto";

import { expect, test } from "vitest";

import { hashOf, newRefreshToken, openSuccessor, sealSuccessor } from "../../../src/features/session/refresh-token.js";

test("has 256 random bits", () => {
  const tokens = Array.from({ length: 100 }, newRefreshToken);
  expect(tokens.every((token) => Buffer.from(token, "base64url").length === 32)).toBe(true);
  expect(new Set(tokens).size).toBe(100);
});

test("decrypts its successor, unlike any other token and the stored hash", () => {
  const [token, successor] = [newRefreshToken(), newRefreshToken()];
  const sealed = sealSuccessor(successor, token);

  expect(openSuccessor(sealed, token)).toBe(successor);
  for (const other of [newRefreshToken(), hashOf(token), successor])
    expect(() => openSuccessor(sealed, other)).toThrow();
  const bytes = Buffer.from(sealed, "base64url");
  // A key derived from the stored hash does not work either.
  const openWith = (material: string) => {
    const key = new Uint8Array(hkdfSync("sha256", material, "", "postern refresh token successor", 32));
    const opening = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([opening.update(bytes.subarray(28)), opening.final()]).toString();
  };
  expect(openWith(token)).toBe(successor);
  expect(() => openWith(hashOf(token))).toThrow();
  bytes[bytes.length - 1]! ^= 1;
  expect(() => openSuccessor(bytes.toString("base64url"), token)).toThrow();
});
