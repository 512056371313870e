import type { Logger } from "pino";

import type { Timer } from "../../foundation/clock.js";
import { startDeadline } from "../../foundation/fairness/deadline.js";
import { readOnlyMessage } from "../../database/database-error.js";
import type { Database } from "../../database/engine.js";
import { missingMigrations } from "../../database/missing-migrations.js";
import type { Reader } from "../../database/reader.js";
import { sql, type Sql } from "../../database/sql.js";
import type { EventLog } from "../../database/event-log/event-log.js";
import { sharedAnswer } from "../endpoint/shared-answer.js";

/** The reason why a server should be sent no requests now. */
export type Unready = {
  readonly reason: "STARTING" | "STOPPING" | "DATABASE" | "MIGRATIONS" | "READ_ONLY" | "EVENT_LOG";
  /** The reason in words, without anything of the database or of an error. */
  readonly message: string;
};

/** Returns the reason why operations would fail now; undefined if the server is ready. */
export type Readiness = () => Promise<Unready | undefined>;

const longestSeconds = 2;
const keptMilliseconds = 1000;
const clientKey = "readiness";

/**
 * Makes the check of a server that has started. One runs at a time, and its answer is kept for a second: a caller that
 * asks without end makes the database read two rows a second.
 */
export function readinessOf(parts: {
  readonly database: Database;
  readonly reader: Reader;
  readonly events: EventLog;
  readonly timer: Timer;
  readonly log: Logger;
}): Readiness {
  const { database, reader, events, timer, log } = parts;

  const find = async (): Promise<Unready | undefined> => {
    const { signal, cancel } = startDeadline(timer, longestSeconds);
    try {
      const unreadable: Unready = {
        reason: "DATABASE",
        message: `The database can't be read, or not within ${longestSeconds} s`,
      };
      const missing = await missingMigrations(database, reader, { clientKey, signal }).catch(() => undefined);
      if (missing === undefined) return unreadable;
      if (missing.length > 0)
        return { reason: "MIGRATIONS", message: `The database lacks ${missing.join(", ")}: start this version again` };
      const reading = { cost: "indexed", clientKey, signal } as const;
      const all = <Row>(statement: Sql) => reader.all<Row>(statement, reading);
      const whyReadOnly = await database.engine.whyReadOnly(database.url, { all }).catch(() => unreadable);
      if (typeof whyReadOnly === "object") return whyReadOnly;
      // Checked before the event log, which needs to write too if anybody subscribes.
      if (whyReadOnly !== undefined) return { reason: "READ_ONLY", message: readOnlyMessage(whyReadOnly) };
      const isReadable = await reader.all(sql`select max(seq) as last from events`, reading).then(
        () => !events.isStuck(),
        () => false,
      );
      if (!isReadable) return { reason: "EVENT_LOG", message: "The event log can't be read, or not in time" };
      return undefined;
    } finally {
      cancel();
    }
  };

  let before: Unready["reason"] | undefined;
  return sharedAnswer(timer, keptMilliseconds, async () => {
    const unready = await find();
    if (unready?.reason !== before) {
      if (unready === undefined) log.info("ready again");
      else log.warn(unready, "not ready");
    }
    before = unready?.reason;
    return unready;
  });
}
