import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, inject, test } from "vitest";

import { systemTimer } from "../../../src/foundation/clock.js";
import { readConfig } from "../../../src/foundation/config/read-config.js";
import { openDatabase } from "../../../src/database/database.js";
import { startMarkFile } from "../../../src/database/event-log/start-mark.js";
import { makeLog } from "../../../src/foundation/log.js";
import { featuresWith } from "../../../src/graphql/schema.js";
import { startServer } from "../../../src/server/server.js";
import { handClock } from "../../../src/testing/clock.js";
import { postern } from "../../support/admin.js";
import { startApi } from "../../support/api.js";
import { newUnsharedUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { createPost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

const isPostgres = inject("database") === "postgresql";

/** Returns a database with events, and the folder in which its server runs. */
async function newHistory() {
  const url = await newUnsharedUrl();
  const folder = newFolder();
  const api = await startApi({ DATABASE_URL: url });
  const ada = await api.register("Ada");
  for (const title of ["First", "Second"]) await createPost(ada, { title });
  await api.stop();
  const markFolder = join(folder, "data");
  return { url, folder, markFolder, file: startMarkFile(url, markFolder)! };
}
type History = Awaited<ReturnType<typeof newHistory>>;

/** Starts a server, stops it, and returns the lines that it has logged. */
async function start({ url, markFolder }: Pick<History, "url" | "markFolder">) {
  const { config } = readConfig({ PORT: "0", DATABASE_URL: url, JWT_SECRET: "of a start: 0123456789abcdefghijkl" });
  const lines: { level: number; msg: string; [more: string]: unknown }[] = [];
  const clock = handClock(new Date("2030-01-01T00:00:00Z"));
  const log = makeLog("info", clock, { write: (line) => void lines.push(JSON.parse(line)) });
  const server = await startServer({ config, clock, timer: systemTimer, log, markFolder });
  await server.stop();
  return lines;
}

/** Changes the database past every server. */
async function change({ url }: History, statement: string): Promise<void> {
  const database = await openDatabase(url, featuresWith().entities);
  await rows(database, statement);
  await database.close(true);
}
const loseNewest = "delete from events where seq = (select max(seq) from events)";

/** Returns the doctor's line about the history. */
async function diagnosis({ url, folder }: History) {
  const { code, json } = await postern(["doctor", "--json"], { folder, env: { DATABASE_URL: url } });
  const checks: { name: string; state: string; message: string; advice?: string }[] = json.checks;
  const { name: _, ...finding } = checks.find(({ name }) => name === "history")!;
  return { code, ...finding };
}
const well = { code: 0, state: "ok", message: "goes on from the last start, 2030-01-01T00:00:00.000Z" };
const goneBack = {
  code: 0,
  state: "warning",
  message: expect.stringMatching(/^The database has gone back to before 2030-01-01T00:00:00.000Z, /),
  advice: expect.stringContaining("postern sessions end --all"),
};

describe("the mark of a start", () => {
  test("is the newest event, in the log and in a file that only its owner can read", async () => {
    const history = await newHistory();
    const [line] = await start(history);
    expect(line).toMatchObject({ level: 30, msg: "newest event at the start", startedAt: "2030-01-01T00:00:00.000Z" });
    const mark = JSON.parse(readFileSync(history.file, "utf8"));
    expect(mark).toEqual({ startedAt: line!["startedAt"], newestEvent: line!["newestEvent"] });
    expect(mark.newestEvent.seq).toBeGreaterThan(1);
    expect(statSync(history.file).mode & 0o777).toBe(0o600);
    expect(dirname(history.file)).toBe(isPostgres ? history.markFolder : dirname(history.url.slice("sqlite:".length)));
    // No draft is left.
    expect(readdirSync(dirname(history.file)).filter((name) => name.includes("start"))).toHaveLength(1);
    expect(await diagnosis(history)).toEqual(well);
  });

  test("shows that the newest event is gone, until the next start", async () => {
    const history = await newHistory();
    await start(history);
    await change(history, loseNewest);
    expect(await diagnosis(history)).toEqual(goneBack);
    expect(await start(history)).toContainEqual(expect.objectContaining({ level: 40, msg: goneBack.message }));
    expect(await diagnosis(history)).toEqual(well);
  });

  test("shows that all events are gone", async () => {
    const history = await newHistory();
    await start(history);
    await change(history, "delete from events");
    expect(await diagnosis(history)).toEqual(goneBack);
  });

  test("shows that another event is at its place", async () => {
    const history = await newHistory();
    await start(history);
    await change(history, "update events set at = at + 1 where seq = (select max(seq) from events)");
    expect(await diagnosis(history)).toEqual(goneBack);
  });

  test("doesn't mistake new events for changed ones, or pruned ones for lost ones", async () => {
    const history = await newHistory();
    await start(history);
    const { newestEvent } = JSON.parse(readFileSync(history.file, "utf8"));
    await change(
      history,
      `insert into events (seq, change, at) values (${newestEvent.seq + 1}, 'changed', ${newestEvent.at + 5})`,
    );
    expect(await diagnosis(history)).toEqual(well);
    await change(history, `delete from events where seq <= ${newestEvent.seq}`);
    expect(await diagnosis(history)).toEqual(well);
  });

  test("that can't be written doesn't fail the start, and the log says so", async () => {
    const history = await newHistory();
    // A folder can't be replaced by a file.
    mkdirSync(join(history.file, "in the way"), { recursive: true });
    expect(await start(history)).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringMatching(/^this start can't be recorded/) }),
    );
    expect(await diagnosis(history)).toMatchObject({ code: 0, state: "not checked" });
  });

  test("that is damaged isn't compared, and the next start replaces it", async () => {
    const history = await newHistory();
    await start(history);
    for (const text of ["", "null", "[]", '{"startedAt":"x"}', '{"startedAt":"x","newestEvent":{"seq":"1"}}']) {
      writeFileSync(history.file, text);
      expect(await diagnosis(history)).toMatchObject({
        state: "not checked",
        message: expect.stringMatching(/holds no mark/),
      });
    }
    chmodSync(history.file, 0o600);
    await start(history);
    expect(await diagnosis(history)).toEqual(well);
  });
});

test("a database in memory has no mark", async () => {
  const markFolder = newFolder();
  await start({ url: "sqlite::memory:", markFolder });
  expect(readdirSync(markFolder)).toEqual([]);
  expect(startMarkFile("sqlite::memory:", markFolder)).toBeUndefined();
});

test("each PostgreSQL database has a mark of its own, whose name has no password", () => {
  const urls = [
    "postgresql://ada:secret@db/posts",
    "postgresql://ada:secret@db:5433/posts",
    "postgresql://ada:secret@db/other",
    "postgresql://ada:secret@db/posts?options=-c%20search_path=app",
    "postgresql://ada:secret@db,other/posts",
    "postgresql://ada:secret@localhost/posts?host=/run/a%2Fb",
    "postgresql://ada:secret@localhost/posts?host=/run/a_b",
  ];
  const files = urls.map((url) => startMarkFile(url, "data")!);
  expect(new Set(files).size).toBe(urls.length);
  for (const file of files) expect(file).toMatch(/^data\/start-[\w.-]+\.json$/);
  expect(files.join()).not.toContain("secret");
  // Another password is no other database.
  expect(startMarkFile("postgresql://ada:changed@db/posts", "data")).toBe(files[0]);
});
