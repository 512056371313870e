import { expect, test } from "vitest";

import { decoyHash, hashPassword, passwordMatches } from "../../src/user/password.js";

test("matches the password that was hashed and no other", async () => {
  const hash = await hashPassword("correct horse battery");

  expect(await passwordMatches(hash, "correct horse battery")).toBe(true);
  expect(await passwordMatches(hash, "correct horse batterY")).toBe(false);
  expect(await passwordMatches(hash, "")).toBe(false);
});

test("hashes with argon2id, and with a salt of its own each time", async () => {
  const [one, two] = await Promise.all([hashPassword("the same"), hashPassword("the same")]);

  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
});

test("looks past 72 bytes, where bcrypt would stop", async () => {
  const hash = await hashPassword(`${"x".repeat(200)}a`);
  expect(await passwordMatches(hash, `${"x".repeat(200)}b`)).toBe(false);
});

test("spends on nobody's password what it spends on somebody's", async () => {
  const parametersOf = (hash: string) => hash.split("$").slice(1, 4);
  const lengthsOf = (hash: string) =>
    hash
      .split("$")
      .slice(4)
      .map((part) => part.length);
  const real = await hashPassword("any");

  expect(parametersOf(decoyHash)).toEqual(parametersOf(real));
  expect(lengthsOf(decoyHash)).toEqual(lengthsOf(real));
  expect(await passwordMatches(undefined, "any")).toBe(false);
});

test("answers every one of many at once", async () => {
  const hash = await hashPassword("right");
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => passwordMatches(hash, index % 3 === 0 ? "right" : "wrong")),
  );
  expect(answers.filter(Boolean)).toHaveLength(4);
});
