import { expect, test } from "vitest";

import { perOperation } from "../../../src/kit/context.js";

test("a value is made once for each operation, and a copy of an operation is another one", () => {
  const valueOf = perOperation((operation: { readonly name: string }) => ({ of: operation }));
  const operation = { name: "first" };
  const value = valueOf(operation);
  expect(valueOf(operation)).toBe(value);
  const copy = { ...operation, name: "second" };
  expect(valueOf(copy).of).toBe(copy);
  expect(valueOf(operation)).toBe(value);
});

test("two values of one operation are apart", () => {
  const operation = {};
  const [one, other] = [perOperation(() => "one"), perOperation(() => "other")];
  expect([one(operation), other(operation)]).toEqual(["one", "other"]);
});
