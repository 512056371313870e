import type { Logger } from "pino";

import type { Clock } from "../foundation/clock.js";
import type { Engine } from "../database/engine.js";
import type { Reader } from "../database/reader.js";
import type { EventLog } from "../database/event-log/event-log.js";
import {
  goneBackMessage,
  hasGoneBack,
  readStartMark,
  startMarkFile,
  writeStartMark,
  type StartMark,
} from "../database/event-log/start-mark.js";

/**
 * Writes this start and the newest event to the log and beside the database, for `postern doctor` to compare a restored
 * database with. Warns if the database has gone back already. Never fails a start.
 */
export async function markStart(parts: {
  readonly url: string;
  readonly folder: string;
  readonly engine: Engine;
  readonly events: EventLog;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<void> {
  const { url, folder, engine, events, reader, clock, log } = parts;
  try {
    const file = startMarkFile(url, folder);
    if (file === undefined) return;
    // On PostgreSQL it numbers events that have no number yet.
    await events.catchUp();
    const mark: StartMark = { startedAt: clock().toISOString(), newestEvent: events.position() };
    log.info(mark, "newest event at the start");
    // A file that can't be read is replaced.
    const last = await readStartMark(file).catch(() => undefined);
    const all = <Row>(statement: Parameters<Reader["all"]>[0]) =>
      reader.all<Row>(statement, { cost: "indexed", clientKey: "event log" });
    if (last !== undefined && (await hasGoneBack(last, engine, all))) log.warn(goneBackMessage(last.startedAt));
    await writeStartMark(file, mark);
  } catch (error) {
    log.warn({ err: error }, "this start can't be recorded, so postern doctor won't notice if the database goes back");
  }
}
