import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The password of every seeded account. */
export const seededPassword = "correct horse battery";

const folders: string[] = [];
process.once("exit", () => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** Makes a temporary folder, which is deleted when the process ends. */
export function temporaryFolder(): string {
  folders.push(fs.mkdtempSync(join(tmpdir(), "postern-bench-")));
  return folders.at(-1)!;
}

/** Makes a seeded database file for one run: a copy of one that is made once and kept for later runs. */
export function seededDatabase(posts: number): string {
  // A file with other tables or search words than the present ones would be useless.
  const madeOf = createHash("sha256").update(fs.readdirSync("src/database/migrations/sqlite").join("\n"));
  const version = madeOf
    .update(fs.readFileSync("src/cli/seed/texts.ts"))
    .update(fs.readFileSync("src/cli/seed/words.ts"))
    .digest("hex")
    .slice(0, 8);
  const kept = join(tmpdir(), `postern-seeded-${posts}-${version}`);
  const file = join(kept, "postern.sqlite");
  if (!fs.existsSync(file)) makeSeeded(posts, kept, file);
  const copy = join(temporaryFolder(), "postern.sqlite");
  fs.copyFileSync(file, copy, fs.constants.COPYFILE_FICLONE);
  return copy;
}

function makeSeeded(posts: number, kept: string, file: string): void {
  console.error(`Making a database of ${posts.toLocaleString("en")} posts, kept in ${kept} …`);
  fs.mkdirSync(kept, { recursive: true });
  const unfinished = join(kept, "unfinished.sqlite");
  for (const suffix of ["", "-wal", "-shm"]) fs.rmSync(unfinished + suffix, { force: true });
  const { NODE_ENV: _, ...env } = process.env;
  execFileSync(process.execPath, ["--import", "tsx", resolve("src/main.ts"), "seed", "--posts", String(posts)], {
    env: { ...env, DATABASE_URL: `sqlite:${unfinished}` },
    stdio: ["ignore", "ignore", "inherit"],
  });
  fs.renameSync(unfinished, file);
}
