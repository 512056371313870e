import { expect, test } from "vitest";

import { hashOf, newRefreshToken, openSuccessor, sealSuccessor } from "../../src/session/refresh-token.js";

test("has 256 bits, none of them twice", () => {
  const tokens = Array.from({ length: 100 }, newRefreshToken);
  expect(tokens.every((token) => Buffer.from(token, "base64url").length === 32)).toBe(true);
  expect(new Set(tokens).size).toBe(100);
});

test("opens its successor's seal, which no other token does, nor what is stored of it", () => {
  const [token, successor] = [newRefreshToken(), newRefreshToken()];
  const sealed = sealSuccessor(successor, token);

  expect(openSuccessor(sealed, token)).toBe(successor);
  for (const other of [newRefreshToken(), hashOf(token), successor])
    expect(() => openSuccessor(sealed, other)).toThrow();
  const bytes = Buffer.from(sealed, "base64url");
  bytes[bytes.length - 1]! ^= 1;
  expect(() => openSuccessor(bytes.toString("base64url"), token)).toThrow();
});
