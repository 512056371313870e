import { hash as argon2 } from "@node-rs/argon2";
import { expect, test } from "vitest";

import {
  decoyHash,
  hashPassword,
  inHashingTurn,
  isOutdated,
  passwordCost,
  passwordMatches,
} from "../../../src/features/account/password.js";

test("matches only the password that was hashed", async () => {
  const hash = await hashPassword("correct horse battery");

  expect(await passwordMatches(hash, "correct horse battery")).toBe(true);
  expect(await passwordMatches(hash, "correct horse batterY")).toBe(false);
  expect(await passwordMatches(hash, "")).toBe(false);
});

test("hashes with argon2id and a new salt each time", async () => {
  const [one, two] = await Promise.all([hashPassword("the same"), hashPassword("the same")]);

  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
});

test("reads beyond the 72 bytes at which bcrypt stops", async () => {
  const hash = await hashPassword(`${"x".repeat(200)}a`);
  expect(await passwordMatches(hash, `${"x".repeat(200)}b`)).toBe(false);
});

test("verifies without an account at the same cost as with one", async () => {
  const parametersOf = (hash: string) => hash.split("$").slice(1, 4);
  const lengthsOf = (hash: string) =>
    hash
      .split("$")
      .slice(4)
      .map((part) => part.length);
  const real = await hashPassword("any");

  expect(parametersOf(decoyHash(passwordCost))).toEqual(parametersOf(real));
  expect(lengthsOf(decoyHash(passwordCost))).toEqual(lengthsOf(real));
  expect(await passwordMatches(undefined, "any")).toBe(false);
});

test("recognizes hashes with other parameters", async () => {
  expect(isOutdated(await hashPassword("any"))).toBe(false);
  expect(isOutdated(await argon2("any", { memoryCost: 8192, timeCost: 2, parallelism: 1 }))).toBe(true);
  expect(isOutdated(await argon2("any", { memoryCost: 19_456, timeCost: 3, parallelism: 1 }))).toBe(true);
  expect(isOutdated("$2b$12$abcdefghijklmnopqrstuv")).toBe(true);
});

test.each([
  "$argon2id$v=19$m=4194304,t=2,p=1$bm8gcGFzc3dvcmQgaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "$argon2id$v=19$m=19456,t=1000000,p=1$bm8gcGFzc3dvcmQgaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "$argon2id$v=19$m=19456,t=2,p=255$bm8gcGFzc3dvcmQgaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "$argon2i$v=19$m=19456,t=2,p=1$bm8gcGFzc3dvcmQgaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "$2b$12$abcdefghijklmnopqrstuv",
  "plain",
  "",
])("matches nothing if the stored hash is too costly or malformed: %s", async (stored) => {
  expect(await passwordMatches(stored, "any")).toBe(false);
});

test("runs one or two turns at a time, in order, even after failures", async () => {
  const begun: number[] = [];
  const finish: (() => void)[] = [];
  const turns = Array.from({ length: 6 }, (_, index) =>
    inHashingTurn(
      async () => {
        begun.push(index);
        await new Promise<void>((resolve) => finish.push(resolve));
        if (index === 1) throw new Error("this one failed");
        return index;
      },
      { clientKey: "one" },
    ).catch((error: Error) => error.message),
  );

  const atOnce = begun.length;
  expect([1, 2]).toContain(atOnce);
  for (let finished = 0; finished < 6; finished += 1) {
    expect(begun).toHaveLength(Math.min(finished + atOnce, 6));
    finish[finished]!();
    await turns[finished];
    // The next turn starts in the next round of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(turns)).toEqual([0, "this one failed", 2, 3, 4, 5]);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
});
