import { describe, expect, test } from "vitest";

import { differences } from "../../../proof/difference.js";
import { Placeholders } from "../../../proof/placeholders.js";

const now = Date.parse("2026-11-22T09:30:00.000Z");
const [ada, bob] = ["user_01M8QVJ98PZ0B0ZRGRVABZEH5N", "user_01M8QVJ98PZ0B0ZRGRVABZEH5P"];

describe("placeholders", () => {
  test("are the same for equal values, in later answers too", () => {
    const placeholders = new Placeholders();
    expect(placeholders.of({ a: ada, b: bob, c: ada }, now)).toEqual({ a: "<user 1>", b: "<user 2>", c: "<user 1>" });
    expect(placeholders.ofRequest([`{ node(id: "${bob}") }`], now)).toEqual([`{ node(id: "<user 2>") }`]);
  });

  test("say how far ahead an instant is, and leave instants of the request unchanged", () => {
    const instants = ["2026-11-22T09:29:59.000Z", "2026-11-22T09:59:58.000Z", "2026-12-22T09:30:00.000Z"];
    expect(new Placeholders().of([...instants, "2099-01-01T00:00:00.000Z"], now)).toEqual([
      "<instant 1>",
      "<instant in 30 min>",
      "<instant 2 in 30 d>",
      "2099-01-01T00:00:00.000Z",
    ]);
  });

  test("look into a cursor", () => {
    const cursor = Buffer.from(JSON.stringify([1, "VOTE_COUNT", "DESC", 3, ada])).toString("base64url");
    expect(new Placeholders().of(cursor, now)).toBe(`<cursor [1,"VOTE_COUNT","DESC",3,"<user 1>"]>`);
  });
});

describe("a difference", () => {
  const kinds = (before: unknown, after: unknown) =>
    differences(before, after).map(({ pointer, isWording }) => `${pointer} ${isWording ? "wording" : "behaviour"}`);

  test("is wording only in a message", () => {
    const before = { errors: [{ message: "No", extensions: { code: "FORBIDDEN" } }] };
    expect(kinds(before, before)).toEqual([]);
    expect(kinds(before, { errors: [{ message: "Never", extensions: { code: "FORBIDDEN" } }] })).toEqual([
      "/errors/*/message wording",
    ]);
    expect(kinds(before, { errors: [{ message: "No", extensions: { code: "CONFLICT" } }] })).toEqual([
      "/errors/*/extensions/code behaviour",
    ]);
  });

  test("is behaviour in a close reason that is a code", () => {
    expect(kinds({ closeReason: "The server stops" }, { closeReason: "The server is stopping" })).toEqual([
      "/closeReason wording",
    ]);
    expect(kinds({ closeReason: "TOKEN_EXPIRED" }, { closeReason: "The token has expired" })).toEqual([
      "/closeReason behaviour",
    ]);
  });

  test("is the order of members, and a member that is missing", () => {
    expect(kinds({ data: { a: 1, b: 2 } }, { data: { b: 2, a: 1 } })).toEqual(["/data (order) behaviour"]);
    expect(kinds({ data: null }, {})).toEqual(["/data behaviour"]);
  });
});
