import { generateKeyPairSync } from "node:crypto";

import { expect, test } from "vitest";

import { asymmetricKey, keyringOf, secretKey } from "../../../src/foundation/config/signing-keys.js";
import { verifyAccessToken, signAccessToken } from "../../../src/features/session/access-token.js";
import type { TokenRules } from "../../../src/foundation/config/session-rules.js";
import { parse } from "../../../src/testing/forge.js";

const rules: TokenRules = {
  keys: keyringOf([secretKey("a secret of the tests, 32 bytes at least")]),
  issuer: "issuer",
  audience: "audience",
  accessTokenTtlSeconds: 1800,
  clockToleranceSeconds: 0,
};
const now = new Date("2026-11-22T09:00:00.417Z");
const session = { id: "session_1", userId: "user_1", expiresAt: new Date("2026-12-22T09:00:00.417Z") };

const after = (instant: Date, milliseconds: number) => new Date(instant.getTime() + milliseconds);

const expiredAt = (instant: Date) => ({
  state: "expired",
  expiredAt: instant,
  of: { userId: "user_1", sessionId: "session_1" },
});

test("is valid for its lifetime from the whole second in which it was signed", () => {
  const { accessToken, expiresAt } = signAccessToken(session, rules, now);
  const { iat, exp } = parse(accessToken).payload as { iat: number; exp: number };

  expect(expiresAt).toEqual(new Date("2026-11-22T09:30:00.000Z"));
  expect(exp * 1000).toBe(expiresAt.getTime());
  expect(exp - iat).toBe(1800);
});

test("ends with the last whole second of its session if that is sooner", () => {
  const ending = { ...session, expiresAt: new Date("2026-11-22T09:10:00.999Z") };
  const { accessToken, expiresAt } = signAccessToken(ending, rules, now);

  expect(expiresAt).toEqual(new Date("2026-11-22T09:10:00.000Z"));
  expect(verifyAccessToken(accessToken, rules, expiresAt)).toEqual(expiredAt(expiresAt));
});

test("is good until the millisecond before exp, and expired from exp on", () => {
  const { accessToken, expiresAt } = signAccessToken(session, rules, now);
  const good = { state: "good", userId: "user_1", sessionId: "session_1", expiresAt };
  const expired = expiredAt(expiresAt);

  expect(verifyAccessToken(accessToken, rules, now)).toEqual(good);
  expect(verifyAccessToken(accessToken, rules, after(expiresAt, -1))).toEqual(good);
  expect(verifyAccessToken(accessToken, rules, expiresAt)).toEqual(expired);
  expect(verifyAccessToken(accessToken, rules, after(expiresAt, 1))).toEqual(expired);
});

test("expires later by exactly the tolerance", () => {
  const tolerant = { ...rules, clockToleranceSeconds: 60 };
  const { accessToken, expiresAt } = signAccessToken(session, rules, now);

  expect(verifyAccessToken(accessToken, tolerant, after(expiresAt, 59_999))).toMatchObject({ state: "good" });
  expect(verifyAccessToken(accessToken, tolerant, after(expiresAt, 60_000))).toEqual(expiredAt(expiresAt));
});

test("is accepted up to a minute before it was signed, because hosts' clocks differ", () => {
  const { accessToken } = signAccessToken(session, rules, new Date("2026-11-22T09:00:00.000Z"));

  expect(verifyAccessToken(accessToken, rules, new Date("2026-11-22T08:59:00.000Z"))).toMatchObject({ state: "good" });
  expect(verifyAccessToken(accessToken, rules, new Date("2026-11-22T08:58:59.999Z"))).toEqual({ state: "invalid" });
});

test("differs from another signed in the same instant", () => {
  const one = signAccessToken(session, rules, now);
  const two = signAccessToken(session, rules, now);
  expect(one.accessToken).not.toBe(two.accessToken);
});

test.each(["HS256", "RS256", "ES256"] as const)("of %s has one spelling", (algorithm) => {
  const key =
    algorithm === "HS256"
      ? secretKey("a secret of the tests, 32 bytes at least")
      : asymmetricKey(
          algorithm === "RS256"
            ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
            : generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey,
        );
  const withKey = { ...rules, keys: keyringOf([key]) };
  const { accessToken } = signAccessToken(session, withKey, now);
  expect(verifyAccessToken(accessToken, withKey, now)).toMatchObject({ state: "good" });

  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const bytesOf = (token: string) => Buffer.from(token.split(".")[2]!, "base64url");
  const others = Array.from(alphabet)
    .map((last) => accessToken.slice(0, -1) + last)
    .filter((token) => token !== accessToken && bytesOf(token).equals(bytesOf(accessToken)));
  expect(others.length).toBeGreaterThan(0);
  for (const token of [...others, `${accessToken}=`, `${accessToken}A`])
    expect(verifyAccessToken(token, withKey, now)).toEqual({ state: "invalid" });
});
