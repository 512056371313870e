import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { randomOf } from "../src/cli/seed/random.js";
import type { Chapter } from "./chapter.js";
import { chapters } from "./chapters.js";
import { postgresDatabases, sqliteDatabases, type Databases } from "./databases.js";
import { Recorder, type Entry } from "./recorder.js";
import { startBuilt } from "./server.js";

export type Recording = {
  /** The checkout whose built server is asked. */
  readonly folder: string;
  readonly file: string;
  readonly database: "sqlite" | "postgresql";
  readonly databaseUrl: string | undefined;
  readonly seed: number;
  /** The names of the chapters to record; all if undefined. */
  readonly chapters: readonly string[] | undefined;
};

// A server that was started ends with this process, if that is interrupted too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** Records every chapter, each on a server and a database of its own. */
export async function record(recording: Recording): Promise<void> {
  const { folder, file, database, databaseUrl, seed } = recording;
  const databases = database === "sqlite" ? sqliteDatabases() : await postgresDatabases(databaseUrl);
  const output = openSync(file, "w");
  let sum = 0;
  try {
    for (const chapter of chapters) {
      if (recording.chapters !== undefined && !recording.chapters.includes(chapter.name)) continue;
      const started = Date.now();
      let operations = 0;
      await recordChapter(chapter, { folder, databases, seed }, (entry) => {
        operations += entry.operations;
        writeSync(output, `${JSON.stringify(entry)}\n`);
      });
      sum += operations;
      console.error(`${chapter.name}: ${operations} operations in ${Math.round((Date.now() - started) / 1000)} s`);
    }
  } finally {
    closeSync(output);
    await databases.end();
  }
  console.error(`${sum} operations are recorded in ${file}`);
}

async function recordChapter(
  { name, settings, files = {}, run }: Chapter,
  { folder, databases, seed }: { folder: string; databases: Databases; seed: number },
  write: (entry: Entry) => void,
): Promise<void> {
  const filesFolder = mkdtempSync(join(tmpdir(), "postern-answers-"));
  const named: Record<string, string> = {};
  for (const [setting, text] of Object.entries(files)) {
    named[setting] = join(filesFolder, setting);
    writeFileSync(named[setting], text);
  }
  const databaseUrl = await databases.create(name);
  const server = await startBuilt(folder, databaseUrl, { ...settings, ...named });
  try {
    await run(new Recorder(name, server.url, write), randomOf(seed), {
      runStatement: (statement) => databases.run(databaseUrl, statement),
      stopServer: server.stop,
    });
  } finally {
    await server.stop();
    rmSync(filesFolder, { recursive: true, force: true });
  }
}
