import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { blocksOf } from "../../../scripts/guide.js";
import { postern } from "../../support/admin.js";
import { newFolder } from "../../support/files.js";

const read = (...path: string[]) => readFileSync(join(...path), "utf8");
const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" });

test("makes a project of the example, with settings and a secret of its own", async () => {
  const folder = newFolder();
  expect(await postern(["init", "shelf"], { folder })).toEqual({
    code: 0,
    out: "Made a project in shelf. Go on there:\n  npm start\n  npm test\n",
    err: "",
  });
  const project = join(folder, "shelf");
  for (const name of readdirSync("examples/bookmarks"))
    expect(read(project, name)).toBe(read("examples/bookmarks", name));
  expect(filesIn(project)).toEqual(
    expect.arrayContaining([
      ".editorconfig",
      ".env",
      ".gitignore",
      ".vscode/settings.json",
      "README.md",
      "codegen.yml",
    ]),
  );
  expect(filesIn(project)).not.toContain("web");
  const { version } = JSON.parse(read("package.json"));
  expect(JSON.parse(read(project, "package.json")).dependencies).toMatchObject({ postern: version });

  await postern(["init", "other"], { folder });
  const secret = /^JWT_SECRET=(.{32,})$/m;
  expect(secret.exec(read(project, ".env"))![1]).not.toBe(secret.exec(read(folder, "other", ".env"))![1]);
});

test("adds the web example without what it needs in a checkout", async () => {
  const folder = newFolder();
  const { json } = await postern(["init", "shelf", "--template", "web", "--json"], { folder });
  expect(json).toEqual({ folder: join(folder, "shelf"), template: "web" });
  const web = join(folder, "shelf", "web");
  expect(filesIn(web).toSorted()).toEqual(filesIn("examples/web").toSorted());
  expect(JSON.parse(read(web, "tsconfig.json")).compilerOptions).toMatchObject({ noEmit: true });
  expect(read(web, "tsconfig.json")).not.toContain("paths");
  expect(read(web, "vite.config.ts")).not.toContain("tsconfigPaths");
  expect(JSON.parse(read(web, "../package.json"))).toMatchObject({
    scripts: { start: "tsx server.ts", web: "vite web" },
    dependencies: { react: expect.anything(), graphql: expect.anything() },
  });
});

test("refuses a folder that isn't empty, in one line, and writes nothing", async () => {
  const folder = newFolder();
  mkdirSync(join(folder, "empty"));
  expect(await postern(["init", "empty"], { folder })).toMatchObject({ code: 0 });
  const refusal = { code: 1, out: "", err: "empty isn't empty: name a folder that is new or empty\n" };
  expect(await postern(["init", "empty"], { folder })).toEqual(refusal);
  writeFileSync(join(folder, "file"), "");
  expect(await postern(["init", "file"], { folder })).toEqual({
    code: 1,
    out: "",
    err: "file can't be used (ENOTDIR): name a folder that is new or empty\n",
  });
  expect(readdirSync(folder).toSorted()).toEqual(["empty", "file"]);
});

test("its compiler settings are those of the guide", () => {
  const [block] = blocksOf("docs/add-bookmarks.md", "json");
  expect(block!.text).toBe(read("examples/project/tsconfig.json"));
});

test("its packages are in the versions that Postern is tested with", () => {
  const server = JSON.parse(read("package.json"));
  const tests = JSON.parse(read("test/package.json"));
  const tested = {
    ...tests.devDependencies,
    ...server.devDependencies,
    ...server.dependencies,
    ...server.peerDependencies,
    // The peers' ranges are wider than what is tested.
    ...Object.fromEntries(["@apollo/client", "vitest"].map((name) => [name, server.devDependencies[name]])),
  };
  for (const name of ["package.json", "web.json"]) {
    const { dependencies, devDependencies } = JSON.parse(read("examples/project", name));
    const { "@graphql-codegen/cli": _, ...packages } = { ...dependencies, ...devDependencies };
    expect(tested).toMatchObject(packages);
  }
  const { sqlite3: _, ...overrides } = server.overrides;
  expect(JSON.parse(read("examples/project/package.json")).overrides).toEqual(overrides);
});
