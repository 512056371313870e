import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The password of every seeded account. */
export const seededPassword = "correct horse battery";

/** Makes a temporary folder, which is deleted when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a seeded database file for one run: a copy of one that is made once and kept for later runs. */
export function seededDatabase(posts: number): string {
  // A file with other tables or search words than the present ones would be useless.
  const madeOf = createHash("sha256").update(readdirSync("src/database/migrations/sqlite").join("\n"));
  const version = madeOf.update(readFileSync("src/cli/seed/texts.ts")).digest("hex").slice(0, 8);
  const kept = join(tmpdir(), `postern-seeded-${posts}-${version}`);
  const file = join(kept, "postern.sqlite");
  if (!existsSync(file)) makeSeeded(posts, kept, file);
  const copy = join(temporaryFolder(), "postern.sqlite");
  copyFileSync(file, copy, constants.COPYFILE_FICLONE);
  return copy;
}

function makeSeeded(posts: number, kept: string, file: string): void {
  console.error(`Making a database of ${posts.toLocaleString("en")} posts, kept in ${kept} …`);
  mkdirSync(kept, { recursive: true });
  const unfinished = join(kept, "unfinished.sqlite");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(unfinished + suffix, { force: true });
  const { NODE_ENV: _, ...env } = process.env;
  execFileSync(process.execPath, ["--import", "tsx", resolve("src/main.ts"), "seed", "--posts", String(posts)], {
    env: { ...env, DATABASE_URL: `sqlite:${unfinished}` },
    stdio: ["ignore", "ignore", "inherit"],
  });
  renameSync(unfinished, file);
}
