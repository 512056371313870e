import type { Timer } from "../../foundation/clock.js";
import type { DatabaseUse } from "../../foundation/config/database-use.js";
import type { ReadConnection } from "../engine.js";
import { interruptible } from "../statement-queue.js";
import type { Sql } from "../sql.js";
import { cancelStatement } from "./cancel-statement.js";
import { readingClient } from "./read-client.js";

const cancelEveryMilliseconds = 50;

/** Opens a connection that can only read, and whose statement can be ended. */
export function openReadConnection(url: string, pooler: DatabaseUse["pooler"], timer: Timer): ReadConnection {
  const { prepare, close } = readingClient(url, pooler, false);
  const all = interruptible(
    async (statement) => {
      const { client, run } = await prepare(statement);
      return { run, interrupt: () => cancelStatement(client) };
    },
    timer,
    cancelEveryMilliseconds,
  );
  return {
    all,
    async close() {
      await all.idle();
      await close();
    },
  };
}

/**
 * Opens a connection that can only read, and that takes short statements before those before them are answered. None of
 * them can be ended: the server would end whichever it runs when it is asked to.
 */
export function openReadPipeline(url: string, pooler: DatabaseUse["pooler"]): ReadConnection {
  const { prepare, close } = readingClient(url, pooler, true);
  return {
    async all<Row>(statement: Sql) {
      const { run } = await prepare(statement);
      return (await run()) as Row[];
    },
    close,
  };
}
