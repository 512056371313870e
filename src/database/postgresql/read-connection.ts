import type { Timer } from "../../foundation/clock.js";
import type { DatabaseUse } from "../../foundation/config/database-use.js";
import type { ReadConnection } from "../engine.js";
import type { Sql } from "../sql.js";
import { StatementQueue } from "../statement-queue.js";
import { cancelStatement } from "./cancel-statement.js";
import { ReadClient } from "./read-client.js";

const repeatCancelMilliseconds = 50;

/** Opens a read-only connection, whose statements can be cancelled. */
export function openReadConnection(url: string, pooler: DatabaseUse["pooler"], timer: Timer): ReadConnection {
  const reading = new ReadClient({ url, pooler, isPipelined: false });
  const queue = new StatementQueue({
    async prepare(statement) {
      const { client, run } = await reading.prepare(statement);
      return { run, cancel: () => cancelStatement(client) };
    },
    timer,
    repeatCancelMilliseconds,
  });
  return {
    all: (statement, signal) => queue.all(statement, signal),
    async close() {
      await queue.idle();
      await reading.close();
    },
  };
}

/**
 * Opens a read-only connection that sends short statements before earlier ones are answered. They can't be cancelled:
 * the server would cancel whichever statement is running when the request arrives.
 */
export function openReadPipeline(url: string, pooler: DatabaseUse["pooler"]): ReadConnection {
  const reading = new ReadClient({ url, pooler, isPipelined: true });
  return {
    async all<Row>(statement: Sql) {
      const { run } = await reading.prepare(statement);
      return (await run()) as Row[];
    },
    close: () => reading.close(),
  };
}
