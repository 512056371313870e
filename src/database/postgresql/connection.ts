import { createHash } from "node:crypto";

import { LRUCache } from "lru-cache";
import { Client, types as wireTypes, type CustomTypesConfig } from "pg";

import type { Timer } from "../../clock.js";
import { tookTooLong, type Signal } from "../deadline.js";
import type { Connection } from "../engine.js";
import type { Sql } from "../sql.js";
import { cancelStatement } from "./cancel.js";
import { postgresqlDialect } from "./dialect.js";
import { isTimeout } from "./failure.js";

/** How long a connection may take to be made, and a statement to be answered, before either is given up. */
export const connectTimeoutMilliseconds = 5_000;
export const statementTimeoutMilliseconds = 30_000;

// A cancellation that comes before the statement is lost, so it is repeated.
const cancelEveryMilliseconds = 50;

/** Texts of statements as the server knows them: numbered placeholders, and a name to keep them prepared under. */
const prepared = new LRUCache<string, { readonly name: string; readonly text: string }>({ max: 500 });

function preparedOf(text: string): { readonly name: string; readonly text: string } {
  let known = prepared.get(text);
  if (known === undefined) {
    let count = 0;
    known = {
      name: createHash("sha256").update(text).digest("base64url").slice(0, 22),
      text: text.replace(/\?/g, () => `$${(count += 1)}`),
    };
    prepared.set(text, known);
  }
  return known;
}

// Counts and instants are whole numbers of eight bytes, and far below where a number of JavaScript loses any.
const eightBytes: number = wireTypes.builtins.INT8;
const types: CustomTypesConfig = {
  getTypeParser: ((type: number, format: "text") =>
    type === eightBytes ? Number : wireTypes.getTypeParser(type, format)) as typeof wireTypes.getTypeParser,
};

// Plans go by the shape of a statement and not by its values; a page is nothing to compile or to share out for.
const sessionOptions =
  "-c default_transaction_read_only=on -c plan_cache_mode=force_generic_plan -c jit=off -c max_parallel_workers_per_gather=0";

/** Opens a connection that can only read. It is made anew where it is lost. */
export function openConnection(url: string, timer: Timer): Connection {
  let client: Promise<Client> | undefined;

  const connect = async (): Promise<Client> => {
    const made = new Client({
      connectionString: url,
      application_name: "postern",
      options: sessionOptions,
      connectionTimeoutMillis: connectTimeoutMilliseconds,
      statement_timeout: statementTimeoutMilliseconds,
      // Where the server doesn't say anything any more.
      query_timeout: statementTimeoutMilliseconds + 1000,
      keepAlive: true,
      types,
    });
    // Without a listener, a connection that breaks between two statements ends the process.
    made.on("error", () => (client = undefined));
    made.on("end", () => (client = undefined));
    await made.connect();
    return made;
  };
  const connected = (): Promise<Client> => {
    client ??= connect().catch((error: unknown) => {
      client = undefined;
      throw error;
    });
    return client;
  };

  const run = async <Row>(statement: Sql, signal: Signal | undefined): Promise<Row[]> => {
    signal?.throwIfAborted();
    const on = await connected();
    signal?.throwIfAborted();
    const { text, values } = statement.in(postgresqlDialect);
    let lift: (() => void) | undefined;
    const cancel = () => {
      cancelStatement(on);
      lift = timer(cancelEveryMilliseconds, cancel);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const { rows } = await on.query({ ...preparedOf(text), values: [...values] });
      return rows as Row[];
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw error instanceof Error && isTimeout(error) ? tookTooLong() : error;
    } finally {
      signal?.removeEventListener("abort", cancel);
      lift?.();
    }
  };
  let last: Promise<unknown> = Promise.resolve();

  return {
    all<Row>(statement: Sql, signal?: Signal): Promise<Row[]> {
      const rows = last.then(() => run<Row>(statement, signal));
      last = rows.catch(() => {});
      return rows;
    },
    async close() {
      await last;
      await (await client?.catch(() => undefined))?.end();
    },
  };
}
