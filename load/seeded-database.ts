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

/** The password of every account that the seed makes. */
export const seededPassword = "correct horse battery";

/** A folder of its own under the system's temporary one, which is gone when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A seeded database file of its own for one run: a copy of one that is made once and kept for the next run. */
export function seededDatabase(posts: number): string {
  // A file of today's tables and words would be no use to the bench of tomorrow's.
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
