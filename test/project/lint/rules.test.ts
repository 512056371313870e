import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { expect, test } from "vitest";

import { newFolder } from "../../support/files.js";

/** Runs oxlint with our own rules only on a project of these files, and returns its findings. */
async function lint(files: Record<string, string>): Promise<string[]> {
  const folder = newFolder();
  const config = {
    jsPlugins: [resolve("lint/postern.js")],
    categories: { correctness: "off" },
    rules: { "postern/no-ambient-time": "error", "postern/dependency-direction": "error" },
  };
  for (const [path, text] of Object.entries({ ".oxlintrc.json": JSON.stringify(config), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const output = await new Promise<string>((done) => {
    const oxlint = resolve("node_modules/oxlint/bin/oxlint");
    execFile(process.execPath, [oxlint, "--format=json"], { cwd: folder }, (_error, stdout) => done(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { filename: string; message: string }[] };
  return diagnostics.map(({ filename, message }) => `${filename}: ${message}`).toSorted();
}

test("no code in src or explorer reads the ambient clock, but for clock.ts and the client's own", async () => {
  const ambient = `
    export const a = Date.now();
    export const b = new Date();
    export const c = performance.now();
    export const d = process.hrtime.bigint();
    setTimeout(() => {}, 1);
    export const e = Date["now"];
    import "node:timers/promises";`;

  const found = await lint({
    "src/features/post/post.service.ts": ambient,
    "src/foundation/clock.ts": ambient,
    "explorer/clock.ts": ambient,
    "explorer/view/ring.ts": `export const a = Date.now();`,
    "src/client/clock.ts": ambient,
    "test/both/post/post.test.ts": ambient,
    "src/kit/id.ts": `export const a = (now: Date) => new Date(now.getTime());`,
  });

  const what = [
    "Date.now",
    "Date.now",
    "new Date()",
    "node:timers/promises",
    "performance.now",
    "process.hrtime",
    "setTimeout()",
  ];
  expect(found).toEqual(
    [...what.map((name) => ["src/features/post/post.service.ts", name]), ["explorer/view/ring.ts", "Date.now"]]
      .map(
        ([file, name]) => `${file}: ${name} goes by the ambient clock: take a Clock, or the instant, as an argument.`,
      )
      .toSorted(),
  );
});

test("imports go down from wing to wing, and between features as listed", async () => {
  const found = await lint({
    "src/main.ts": `import "./server/server.js"; import "./index.js";`,
    "src/server/server.ts": `import "../kit/context.js"; import "./live/live.js"; import "../database/database.js";`,
    "src/graphql/execute.ts": `import "../kit/context.js"; import "../server/server.js"; import "../features/post/post.type.js";`,
    "src/kit/auth.ts": `import "../features/session/session.entity.js";`,
    "src/foundation/errors.ts": `import "../kit/context.js";`,
    "src/features/post/post.resolver.ts": `import "./post.service.js"; import type { X } from "../../kit/context.js";`,
    "src/features/post/post.service.ts": `import "../session/token.js"; import "../user/user.service.js"; import "../../database/sqlite/engine.js";`,
    "src/features/user/user.service.ts": `export * from "../post/post.service.js";`,
    "src/features/user/user.entity.ts": `import { X } from "./user.service.js"; const y = import("../post/post.entity.js");`,
    "src/new/thing.ts": `import "../foundation/errors.js";`,
    "src/client/session.ts": `import "./clock.js"; import "../foundation/clock.js";`,
    "src/testing/index.ts": `import "../server/server.js"; import "../client/session.js"; import "../index.js";`,
    "src/foundation/clock.ts": `import "../../test/clock.js"; import "node:fs";`,
  });

  expect(found).toEqual([
    "src/client/session.ts: This import is an exception: the client runs in browsers",
    "src/features/post/post.service.ts: This import goes from feature to feature: post → session",
    "src/features/post/post.service.ts: This import is an exception: a feature works on every database",
    "src/features/user/user.entity.ts: This import goes from feature to feature: user → post",
    "src/features/user/user.entity.ts: This import is an exception: an entity is a row and nothing else",
    "src/features/user/user.service.ts: This import goes from feature to feature: user → post",
    "src/foundation/clock.ts: This import leaves src",
    "src/foundation/errors.ts: This import goes up: from foundation to kit",
    "src/graphql/execute.ts: This import goes up: from graphql to server",
    "src/kit/auth.ts: This import goes up: from kit to features",
    "src/main.ts: This import is an exception: the command is not a user of the package",
    "src/new/thing.ts: This import is in no wing: src has those of lint/wings.js",
    "src/testing/index.ts: This import is an exception: tests run in one process, without a command",
    "src/testing/index.ts: This import is an exception: the server needs no client",
  ]);
});
