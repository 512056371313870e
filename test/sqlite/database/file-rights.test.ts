import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { loadOrCreateSecret } from "../../../src/foundation/config/secret-file.js";
import { openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";
import { postern } from "../../support/admin.js";
import { newFolder } from "../../support/files.js";

const rightsOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const rightsIn = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, rightsOf(join(folder, name))]));

async function open(path: string): Promise<void> {
  const database = await openDatabase(`sqlite:${path}`, entities);
  onTestFinished(() => database.close(true));
}

// Workers of vitest are processes, so that they have a umask of their own.
describe.each([0o022, 0o077, 0])("with a umask of %o", (umask) => {
  const start = (): string => {
    const folder = newFolder();
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    return folder;
  };

  test("a new database and its new folders are readable by their owner alone", async () => {
    const folder = start();
    await open(join(folder, "a/b/posts.sqlite"));
    expect(rightsOf(join(folder, "a"))).toBe("700");
    expect(rightsOf(join(folder, "a/b"))).toBe("700");
    expect(rightsIn(join(folder, "a/b"))).toEqual({
      "posts.sqlite": "600",
      "posts.sqlite-shm": "600",
      "posts.sqlite-wal": "600",
    });
  });

  test("a backup, a copy and the signing secret are readable by their owner alone", async () => {
    const folder = start();
    const env = { DATABASE_URL: "sqlite:data/posts.sqlite" };
    expect((await postern(["migrate"], { folder, env })).code).toBe(0);
    expect((await postern(["backup", "backup.sqlite"], { folder, env })).code).toBe(0);
    const copied = await postern(["copy", "--from", env.DATABASE_URL, "--to", "sqlite:copied/posts.sqlite"], {
      folder,
    });
    expect(copied.code).toBe(0);
    await loadOrCreateSecret(join(folder, "secret"));
    expect(rightsIn(folder)).toEqual({ data: "700", copied: "700", secret: "700", "backup.sqlite": "600" });
    for (const [name, files] of [
      ["data", ["posts.sqlite"]],
      ["copied", ["posts.sqlite"]],
      ["secret", ["jwt-secret"]],
    ] as const)
      expect(rightsIn(join(folder, name))).toEqual(Object.fromEntries(files.map((file) => [file, "600"])));
  });
});

test("existing rights stay, and doctor warns if others can read", async () => {
  const folder = newFolder();
  const file = join(folder, "posts.sqlite");
  chmodSync(folder, 0o755);
  writeFileSync(file, "");
  chmodSync(file, 0o644);
  await open(file);
  expect([rightsOf(folder), rightsOf(file)]).toEqual(["755", "644"]);

  const examined = async () => {
    const { json } = await postern(["doctor", "--json"], { env: { DATABASE_URL: `sqlite:${file}` } });
    return json.checks.find(({ name }: { name: string }) => name === "database");
  };
  expect(await examined()).toMatchObject({
    state: "warning",
    message: expect.stringContaining(`may read or write ${file}, ${file}-wal`),
    advice: expect.stringMatching(/^Run chmod 600 /),
  });
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o600);
  expect(await examined()).toMatchObject({ state: "ok" });
});
