import { createHash } from "node:crypto";

import { LRUCache } from "lru-cache";
import { Client, types as wireTypes, type CustomTypesConfig } from "pg";

import { driverUrl } from "../../foundation/config/postgresql-url.js";
import type { DatabaseUse } from "../../foundation/config/database-use.js";
import { hostUrls } from "../../foundation/config/postgresql-hosts.js";
import { timeoutError } from "../../foundation/fairness/deadline.js";
import type { Sql } from "../sql.js";
import { connectToWriter } from "./connect-to-writer.js";
import { postgresqlDialect } from "./dialect.js";
import { isTimeout, isUnanswered } from "./classify-error.js";

/** How long a connection may take to be made, and a statement to be answered, before either is given up. */
export const connectTimeoutMilliseconds = 5_000;
export const statementTimeoutMilliseconds = 30_000;

// Each takes the server some ten kilobytes, and statements come in as many shapes as clients can think of.
const keptStatements = 200;

/** Statements as the server knows them: with numbered placeholders, and a name to keep them prepared under. */
const known = new LRUCache<string, { readonly name: string; readonly text: string }>({ max: 500 });

function preparedOf(text: string): { readonly name: string; readonly text: string } {
  let prepared = known.get(text);
  if (prepared === undefined) {
    let count = 0;
    prepared = {
      name: createHash("sha256").update(text).digest("base64url").slice(0, 22),
      text: text.replace(/\?/g, () => `$${(count += 1)}`),
    };
    known.set(text, prepared);
  }
  return prepared;
}

// Counts and instants are whole numbers of eight bytes, and far below where a number of JavaScript loses any.
const eightBytes: number = wireTypes.builtins.INT8;
const types: CustomTypesConfig = {
  getTypeParser: ((type: number, format: "text") =>
    type === eightBytes ? Number : wireTypes.getTypeParser(type, format)) as typeof wireTypes.getTypeParser,
};

// Plans go by the shape of a statement and not by its values; a page is nothing to compile or to share out for. The memory
// is for a search's matches, up to which PostgreSQL knows them one by one and not by their pages.
const sessionOptions =
  "-c work_mem=16MB -c plan_cache_mode=force_generic_plan -c jit=off -c max_parallel_workers_per_gather=0";

/** Adds options to those of the URL, which the driver would otherwise take instead. */
function withOptions(url: string, options: string): string {
  const parsed = new URL(url);
  const given = parsed.searchParams.get("options");
  parsed.searchParams.set("options", given === null ? options : `${given} ${options}`);
  return parsed.href;
}

/** Not one of the options, which would hide the value that the server has for connections that write. */
export const sessionSetup = "set default_transaction_read_only = on";

/** A connection to the server that can only read. It is made anew where it is lost, or keeps too many statements. */
export type ReadingClient = {
  /** Connects where it isn't connected, and gives what runs the statement there. */
  readonly prepare: (statement: Sql) => Promise<{ readonly client: Client; readonly run: () => Promise<unknown[]> }>;
  readonly close: () => Promise<void>;
};

/** @param isPipelined whether a statement is sent before those sent earlier have been answered. */
export function readingClient(url: string, pooler: DatabaseUse["pooler"], isPipelined: boolean): ReadingClient {
  // Behind a pooler, the next statement may run in another session, which has no settings and perhaps no statement.
  const hasSession = pooler === "none";
  const keepsStatements = pooler !== "transaction";
  let client: Promise<Client> | undefined;
  let keptNames = new Set<string>();

  const connect = async (onceLost: () => void): Promise<Client> => {
    const open = (connectionString: string, milliseconds: number) =>
      new Client({
        connectionString: driverUrl(hasSession ? withOptions(connectionString, sessionOptions) : connectionString),
        application_name: "postern",
        ...(hasSession && { statement_timeout: statementTimeoutMilliseconds }),
        connectionTimeoutMillis: milliseconds,
        // Where the server doesn't say anything any more.
        query_timeout: statementTimeoutMilliseconds + 1000,
        keepAlive: true,
        pipeline: isPipelined,
        types,
        // Without a listener, a connection that breaks between two statements ends the process.
      }).on("error", () => {});
    const made = await connectToWriter(hostUrls(url), connectTimeoutMilliseconds, open);
    made.on("error", onceLost);
    made.on("end", onceLost);
    if (hasSession) await made.query(sessionSetup);
    return made;
  };
  const connected = (): Promise<Client> => {
    if (client !== undefined) return client;
    const forget = () => {
      if (client === made) client = undefined;
    };
    keptNames = new Set();
    const made = connect(forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    return (client = made);
  };

  /** Closes the connection once what was sent is answered. The next statement gets a new one. */
  const leave = async (): Promise<void> => {
    const left = client;
    client = undefined;
    await (await left?.catch(() => undefined))?.end().catch(() => {});
  };

  return {
    async prepare(statement) {
      const { text, values } = statement.in(postgresqlDialect);
      const prepared = keepsStatements ? preparedOf(text) : { ...preparedOf(text), name: "" };
      if (keptNames.size >= keptStatements && !keptNames.has(prepared.name)) {
        const left = leave();
        if (!isPipelined) await left;
      }
      const on = connected();
      keptNames.add(prepared.name);
      const connection = await on;
      return {
        client: connection,
        async run() {
          try {
            return (await connection.query({ ...prepared, values: [...values] })).rows;
          } catch (error) {
            // PgBouncer takes a name for known though its statement failed, and refuses it the next time.
            if (pooler === "prepared") void leave();
            if (!(error instanceof Error && isTimeout(error))) throw error;
            // The next statement would wait behind one that the server may never answer.
            if (isUnanswered(error)) void leave();
            throw timeoutError();
          }
        },
      };
    },
    close: leave,
  };
}
