import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Mounts a small file system in memory over a folder until this process ends. Returns the reason if that fails. */
export function mountSmallDisk(folder: string, megabytes: number): string | undefined {
  const { status, stderr, error } = spawnSync("mount", [
    "-t",
    "tmpfs",
    "-o",
    `size=${megabytes}m,mode=700`,
    "tmpfs",
    folder,
  ]);
  if (status !== 0) return (error?.message ?? String(stderr)).trim();
  // Before the folder is deleted; lazily, since servers may have files open until they are killed.
  process.prependOnceListener("exit", () => spawnSync("umount", ["--lazy", folder]));
  return undefined;
}

/** Fills a folder's file system. Returns a function that frees the space again. */
export function fillDisk(folder: string): () => void {
  const file = join(folder, "filling");
  const handle = openSync(file, "w");
  for (let bytes = 1024 * 1024; bytes >= 512; bytes /= 2) writeUntilFull(handle, Buffer.alloc(bytes, 1));
  return () => {
    closeSync(handle);
    rmSync(file);
  };
}

function writeUntilFull(handle: number, chunk: Buffer): void {
  try {
    for (;;) writeSync(handle, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
