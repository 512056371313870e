import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { hostUrls } from "../../foundation/config/postgresql-hosts.js";
import { parsePostgresqlUrl } from "../../foundation/config/postgresql-url.js";
import { engineOf } from "../engines.js";
import type { Engine } from "../engine.js";
import { sql, type Sql } from "../sql.js";
import type { EventMark } from "./event.js";

/**
 * The newest event at a server's last start. It is stored outside the database, so that restoring a backup doesn't
 * restore it: a database without this event has gone back.
 */
export type StartMark = {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly newestEvent: EventMark;
};

/**
 * Returns the file of the mark: beside a SQLite database, and in `folder` for PostgreSQL. Undefined for a database
 * in memory.
 */
export function startMarkFile(url: string, folder: string): string | undefined {
  if (url.startsWith("sqlite:")) {
    const file = engineOf(url).file(url);
    return file && `${file}-start.json`;
  }
  const places = hostUrls(url).map(parsePostgresqlUrl);
  const hosts = places.map(({ host, port }) => `${host}:${port}`).join();
  const { database, parameters } = places[0]!;
  // The hash distinguishes schemas of one database, and names that differ only in characters that a file name can't
  // have.
  const identity = JSON.stringify([hosts, database, parameters.get("options")]);
  const readable = `${hosts}-${database}`.replaceAll(/[^\w.-]+/g, "_").slice(0, 100);
  return join(folder, `start-${readable}-${createHash("sha256").update(identity).digest("hex").slice(0, 8)}.json`);
}

/**
 * Reads the mark of the last start; undefined if there is none.
 *
 * @throws the system's error if the file can't be read, and another error if it holds no mark.
 */
export async function readStartMark(file: string): Promise<StartMark | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const mark = parsed(text) as Partial<StartMark> | null | undefined;
  const { seq, id, at } = mark?.newestEvent ?? {};
  if (typeof mark?.startedAt !== "string" || ![seq, id, at].every(Number.isSafeInteger))
    throw new Error(`${file} holds no mark of a start`);
  return mark as StartMark;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Replaces the file atomically, readable by its owner alone: several processes may start at once. */
export async function writeStartMark(file: string, mark: StartMark): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(mark)}\n`, { mode: 0o600 });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Reports whether the database lacks the event of the mark, or has another event at its place. A pruned event is not
 * missing: the log then has newer ones.
 */
export async function hasGoneBack(
  { newestEvent: { seq, id, at } }: StartMark,
  engine: Engine,
  all: <Row>(statement: Sql) => Promise<Row[]>,
): Promise<boolean> {
  if (seq === 0) return false;
  const [row] = await all<{ newest: number | null; id: number | null; at: number | null }>(
    sql`select (select max(seq) from events) as newest,
      (select ${engine.eventLog.id} from events where seq = ${seq}) as id,
      (select at from events where seq = ${seq}) as at`,
  );
  const { newest, ...here } = row!;
  return (newest ?? 0) < seq || (here.id !== null && (here.id !== id || here.at !== at));
}

/** Returns the warning for the doctor and the log. */
export const goneBackMessage = (startedAt: string): string =>
  `The database has gone back to before ${startedAt}, when a server last started on it: sessions that ended meanwhile may be live again`;
