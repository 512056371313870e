import { readFileSync } from "node:fs";
import { join } from "node:path";

import { buildSchema } from "graphql";
import { printApplicationSchema } from "postern";
import { expect, test } from "vitest";

import { bookmarks } from "../../../examples/bookmarks/bookmark.feature.js";
import { featuresWith } from "../../../src/graphql/schema.js";
import { postern } from "../../support/admin.js";
import { newFolder } from "../../support/files.js";

const own = readFileSync("schema.graphql", "utf8");

test("prints the server's own schema, without a database", async () => {
  const folder = newFolder();
  expect(await postern(["schema"], { folder })).toMatchObject({ code: 0, out: own });
  expect(await postern(["schema", "--json"], { folder })).toMatchObject({ json: { schema: own } });
});

test("prints or writes the schema with an application's features", async () => {
  const folder = newFolder();
  const features = featuresWith(bookmarks);
  const { out } = await postern(["schema"], { folder, features });
  expect(buildSchema(out).getType("Bookmark")).toBeDefined();
  expect(printApplicationSchema(bookmarks)).toBe(out);

  const written = await postern(["schema", "--out", "app.graphql"], { folder, features });
  expect(written).toMatchObject({ code: 0, out: "Wrote the schema to app.graphql\n" });
  expect(readFileSync(join(folder, "app.graphql"), "utf8")).toBe(out);
});

test("refuses a file that can't be written, in one line", async () => {
  const refused = await postern(["schema", "--out", "missing/app.graphql"], { folder: newFolder() });
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(/^The schema can't be written: ENOENT[^\n]*\n$/);
});
