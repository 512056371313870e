import { assert, boolean, constant, date, integer, object, property, string } from "fast-check";
import { expect, test } from "vitest";

import { isLongerThan, measureAnswer } from "../../../src/graphql/answer-size.js";

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

test("finds the size of any result, of which it takes at most a comma too much for each value", () => {
  const result = object({
    values: [string({ unit: "binary" }), integer(), boolean(), constant(null), date({ noInvalidDate: true })],
  });
  assert(
    property(result, (value) => {
      const bytes = bytesOf(value);
      const values = JSON.stringify(value).split(/[,[{]/).length + 1;
      expect(isLongerThan(bytes - 1, value)).toBe(true);
      expect(isLongerThan(bytes + values, value)).toBe(false);
    }),
  );
});

test("counts exactly what is unlimited, and gives it back where less is read than was counted", () => {
  const taken: number[] = [];
  const answer = measureAnswer(100, { takeRoom: (bytes) => void taken.push(bytes) });
  answer.add(60);
  answer.add(-10);
  expect(answer.remaining()).toBe(50);
  expect(() => answer.add(51)).toThrow("The response would have more than 100 bytes");
  answer.add(50);
  expect(taken).toEqual([60, -10, 50]);
  answer.addAtMost(7);
  expect(answer.atMost()).toBe(107);
  expect(() => answer.addAtMost(1600)).toThrow("more than 100 bytes");
});
