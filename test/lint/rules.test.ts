import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { expect, test } from "vitest";

import { newFolder } from "../support/files.js";

/** What oxlint says of a project of these files, with our rules alone. */
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
    "src/post/post.service.ts": ambient,
    "src/clock.ts": ambient,
    "explorer/clock.ts": ambient,
    "explorer/view/ring.ts": `export const a = Date.now();`,
    "src/client/clock.ts": ambient,
    "test/post.test.ts": ambient,
    "src/id.ts": `export const a = (now: Date) => new Date(now.getTime());`,
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
    [...what.map((name) => ["src/post/post.service.ts", name]), ["explorer/view/ring.ts", "Date.now"]]
      .map(
        ([file, name]) => `${file}: ${name} goes by the ambient clock: take a Clock, or the instant, as an argument.`,
      )
      .toSorted(),
  );
});

test("imports go one way", async () => {
  const found = await lint({
    "src/main.ts": `import "./server/server.js"; import "./clock.js";`,
    "src/server/server.ts": `import "../context.js"; import "../http/http-server.js"; import "../database/database.js";`,
    "src/http/http-server.ts": `import "../context.js"; import "../schema.js";`,
    "src/errors.ts": `import "./post/post.entity.js";`,
    "src/post/post.resolver.ts": `import "./post.service.js"; import type { X } from "../context.js";`,
    "src/post/post.service.ts": `import "./post.resolver.js"; import "../session/token.js"; import "../user/user.service.js";`,
    "src/user/user.service.ts": `export * from "../post/post.service.js";`,
    "src/user/user.entity.ts": `import { X } from "./user.service.js"; const y = import("../post/post.entity.js");`,
    "src/new/thing.ts": `import "../errors.js";`,
    "src/client/session.ts": `import "./clock.js"; import "../clock.js";`,
    "src/testing/index.ts": `import "../server/server.js"; import "../client/session.js";`,
    "src/clock.ts": `import "../test/clock.js"; import "node:fs";`,
  });

  expect(found).toEqual([
    "src/client/session.ts: This import goes against the direction: client → foundation",
    "src/clock.ts: This import leaves src",
    "src/errors.ts: This import goes against the direction: foundation → entity",
    "src/http/http-server.ts: This import goes against the direction: http → schema",
    "src/new/thing.ts: This import stands in no layer: give it one in lint/postern.js",
    "src/post/post.service.ts: This import goes against the direction: service → resolver",
    "src/post/post.service.ts: This import goes from feature to feature: post → session",
    "src/testing/index.ts: This import goes against the direction: testing → client",
    "src/user/user.entity.ts: This import goes against the direction: entity → service",
    "src/user/user.entity.ts: This import goes from feature to feature: user → post",
    "src/user/user.service.ts: This import goes from feature to feature: user → post",
  ]);
});
