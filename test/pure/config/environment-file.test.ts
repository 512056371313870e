import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { parseEnvironmentFile } from "../../../src/foundation/config/environment-file.js";
import { postern } from "../../support/admin.js";
import { newFolder } from "../../support/files.js";
import { runHere } from "../../support/process.js";

const parse = (text: string) => parseEnvironmentFile(Buffer.from(text));

test.each<[text: string, values: Record<string, string>]>([
  ["", {}],
  ["A=1", { A: "1" }],
  ["A=1\nB=2\n", { A: "1", B: "2" }],
  ["A=1\r\n\r\nB=2\r\n", { A: "1", B: "2" }],
  ["A=1\rB=2", { A: "1", B: "2" }],
  ["A=1\n   \t\nB=2", { A: "1", B: "2" }],
  ["A=1\n   # C=3\nB=2", { A: "1", B: "2" }],
  ["\n\n#\nA=1", { A: "1" }],
  ["\uFEFFA=1", { A: "1" }],
  ["  A = 1  \n\tB\t=\t2", { A: "1", B: "2" }],
  ["export A=1\nexport\tB=2\nexport \t C = 3", { A: "1", B: "2", C: "3" }],
  ["export=1", { export: "1" }],
  ["A=1 # one\nB=2\t#two\nC=3#x\nD=# none", { A: "1", B: "2", C: "3#x", D: "" }],
  ["A=\nB=2", { A: "", B: "2" }],
  ["A=b=c", { A: "b=c" }],
  ['A=it\'s "so"', { A: 'it\'s "so"' }],
  [`A=" b # 'c' "\nB=' "d" '\nC=\`it's "e"\``, { A: " b # 'c' ", B: ' "d" ', C: `it's "e"` }],
  [`A="b" # c\nB='d'   \nC=""`, { A: "b", B: "d", C: "" }],
  [`A="b\\nc"\nB='b\\nc'`, { A: "b\nc", B: "b\\nc" }],
  [`A="b\r\nc\n"\nB=2`, { A: "b\nc\n", B: "2" }],
  ["A=1\nA=2", { A: "2" }],
  ["npm.a-b=1", { "npm.a-b": "1" }],
  ["A=1\n\u00A0\nB=2", { A: "1", B: "2" }],
])("reads %j", (text, values) => {
  expect(parse(text)).toEqual({ values, problems: [] });
});

test.each<[text: string, problem: RegExp]>([
  ["B=1\nA: secret\n", /^Line 2 of \.env has a colon after A: write A=… instead$/],
  ["export A: secret=x", /^Line 1 of \.env has a colon after A/],
  ["\n\nsecret", /^Line 3 of \.env has no equals sign: write NAME=value/],
  ["export A", /^Line 1 of \.env has no equals sign/],
  ["A B=secret", /^Line 1 of \.env doesn't begin with a setting's name/],
  ["=secret", /^Line 1 of \.env doesn't begin with a setting's name/],
  [`C="1\n2"\r\nA="secret\nB=2`, /^Line 3 of \.env has a quoted value that doesn't end/],
  [`A="secret" secret`, /^Line 1 of \.env has a quoted value that doesn't end, or has something after it/],
])("names the line of %j, and nothing of its value", (text, problem) => {
  const { problems } = parse(text);
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(problems.join()).not.toContain("secret");
});

test("reads the lines around invalid ones, and names all invalid ones", () => {
  expect(parse("A=1\nx\nB=2\ny")).toEqual({
    values: { A: "1", B: "2" },
    problems: [expect.stringMatching(/^Line 2 /), expect.stringMatching(/^Line 4 /)],
  });
});

describe("in UTF-16", () => {
  const little = Buffer.from("\uFEFFA=ü\nB=2", "utf16le");
  const big = Buffer.from(little).swap16();

  test.each([{ little }, { big }])("reads a file with a byte order mark: %o", (file) => {
    expect(parseEnvironmentFile(Object.values(file)[0]!)).toEqual({ values: { A: "ü", B: "2" }, problems: [] });
  });

  test("rejects a file without one, and one in Latin-1", () => {
    const refused = { values: {}, problems: [".env is not text in UTF-8: save it in UTF-8"] };
    expect(parseEnvironmentFile(little.subarray(2))).toEqual(refused);
    expect(parseEnvironmentFile(Buffer.from("A=ü", "latin1"))).toEqual(refused);
  });
});

test("a start lists the problems of the file and of the settings together, and so do commands and doctor", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, ".env"), "ACCESS_TOKEN_TTL: 5m\nPORT=http\n");
  const line = "Line 1 of .env has a colon after ACCESS_TOKEN_TTL: write ACCESS_TOKEN_TTL=… instead";

  expect(await runHere("src/main.ts", folder, {})).toEqual({
    code: 1,
    out: "",
    err: `${line}\nPORT must be a whole number, for example PORT=4000\n`,
  });
  expect(await postern(["users", "list"], { folder })).toMatchObject({ code: 1, err: `${line}\n` });
  const { json } = await postern(["doctor", "--json"], { folder });
  expect(json.checks[0]).toMatchObject({ name: "settings", state: "problem", message: expect.stringContaining(line) });
});

test("an empty variable of the environment doesn't hide a line of the file", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, ".env"), "PORT=http\nHOST=\n");
  expect(await runHere("src/main.ts", folder, { env: { PORT: "" } })).toMatchObject({
    code: 1,
    err: "PORT must be a whole number, for example PORT=4000\n",
  });
});
