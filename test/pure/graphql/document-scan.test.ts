import { parse } from "graphql";
import { expect, test } from "vitest";

import { checkDocumentText } from "../../../src/graphql/document-scan.js";
import { costOfDocument } from "../../../src/graphql/document-cost.js";

const me = "{ me { id } }";
const literal = (text: string) => `{ node(id: ${text}) { id } }`;

test.each([
  ["262,144 characters", literal(`"${"a".repeat(262_120)}"`), literal(`"${"a".repeat(262_130)}"`)],
  ["65,536 characters outside strings", " ".repeat(65_523) + me, " ".repeat(65_524) + me],
  ["1,000 comments", "#\n".repeat(1000) + me, "#\r".repeat(1001) + me],
  ["20,000 lines", "\n".repeat(19_999) + me, "\r".repeat(20_000) + me],
  ["20,000 lines of a block string", literal(`"""${"\n".repeat(19_999)}"""`), literal(`"""${"\n".repeat(20_000)}"""`)],
])("lets %s pass, and no more", (_of, allowed, refused) => {
  expect(() => checkDocumentText(allowed)).not.toThrow();
  expect(() => parse(allowed)).not.toThrow();
  expect(() => checkDocumentText(refused)).toThrow(/^The document has more than/);
});

test.each([
  ["a string", `"${"#".repeat(2000)}"`],
  ["a string with escaped quotes", `"\\"${"#".repeat(2000)}\\\\"`],
  ["a block string", `"""${"#\n".repeat(2000)}"""`],
  ["a block string with escaped quotes", `"""\\"""${'"'.repeat(2)} ${"#".repeat(2000)}\\""" """`],
  ["an empty string", `"" # ${"#".repeat(2000)}\n`],
])("takes no number sign in %s for a comment", (_where, text) => {
  expect(() => checkDocumentText(literal(text))).not.toThrow();
  expect(() => parse(literal(text))).not.toThrow();
});

test("counts comments after a string as the lexer does", () => {
  expect(() => checkDocumentText(literal(`"\\\\" ${"#\n".repeat(1001)}`))).toThrow("1000 comments");
  expect(() => checkDocumentText(literal(`"""a\\\\""" b""" ${"#\n".repeat(1001)}`))).toThrow("1000 comments");
});

test.each([
  ["{ me { id } me { id } me { id } posts { totalCount } }", 3],
  ["{ a: me { id } b: me { id } }", 0],
  ["{ me { id id id id } }", 0],
  ["{ posts(first: 1) { totalCount } ...F } fragment F on Query { posts(first: 1) { totalCount } ...F ...F }", 1 + 3],
])("counts the pairs of %s", (text, pairs) => {
  expect(costOfDocument(parse(text)).mergePairs).toBe(pairs);
});
