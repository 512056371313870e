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
import { connectTimeoutMilliseconds, statementTimeoutMilliseconds } from "./time-limits.js";

// A prepared statement takes some 10 kB of the server's memory, and clients can ask for any number of different ones.
const maxPreparedStatements = 200;

/** A statement for the server: with numbered placeholders, and the name under which it is kept prepared. */
type NamedStatement = { readonly name: string; readonly text: string };

const named = new LRUCache<string, NamedStatement>({ max: 500 });

function namedStatement(text: string): NamedStatement {
  const known = named.get(text);
  if (known !== undefined) return known;
  let count = 0;
  const statement = {
    name: createHash("sha256").update(text).digest("base64url").slice(0, 22),
    text: text.replace(/\?/g, () => `$${(count += 1)}`),
  };
  named.set(text, statement);
  return statement;
}

// Counts and instants are integers of eight bytes, far below the bound of JavaScript's safe integers.
const eightBytes: number = wireTypes.builtins.INT8;
const types: CustomTypesConfig = {
  getTypeParser: ((type: number, format: "text") =>
    type === eightBytes ? Number : wireTypes.getTypeParser(type, format)) as typeof wireTypes.getTypeParser,
};

// Plans depend on a statement's text and not on its values. A page is too little work for JIT compilation or parallel
// workers. The memory holds a search's matches: with less, PostgreSQL would remember only their pages.
const sessionOptions =
  "-c work_mem=16MB -c plan_cache_mode=force_generic_plan -c jit=off -c max_parallel_workers_per_gather=0";

/** Adds options to those of the URL, which would otherwise replace them in the driver. */
function withOptions(url: string, options: string): string {
  const parsed = new URL(url);
  const given = parsed.searchParams.get("options");
  parsed.searchParams.set("options", given === null ? options : `${given} ${options}`);
  return parsed.href;
}

/** A statement, because as a session option it would hide the value that the server has for connections that write. */
export const sessionSetup = "set default_transaction_read_only = on";

export type ReadClientOptions = {
  readonly url: string;
  readonly pooler: DatabaseUse["pooler"];
  /** Whether a statement is sent before earlier ones have been answered. */
  readonly isPipelined: boolean;
};

/** A statement on its connection, ready to run. */
type ReadyStatement = { readonly client: Client; readonly run: () => Promise<unknown[]> };

/**
 * A read-only connection to the server. It reconnects after it was lost, or when it has prepared too many statements.
 */
export class ReadClient {
  private client: Promise<Client> | undefined;
  private preparedNames = new Set<string>();
  /** Behind a pooler the next statement may run in another session, without its settings and perhaps its statements. */
  private readonly hasSession: boolean;

  constructor(private readonly options: ReadClientOptions) {
    this.hasSession = options.pooler === "none";
  }

  /** Connects if there is no connection, and returns the statement ready to run there. */
  async prepare(statement: Sql): Promise<ReadyStatement> {
    const { pooler, isPipelined } = this.options;
    const { text, values } = statement.in(postgresqlDialect);
    const prepared = { ...namedStatement(text), ...(pooler === "transaction" && { name: "" }) };
    if (this.preparedNames.size >= maxPreparedStatements && !this.preparedNames.has(prepared.name)) {
      const closed = this.close();
      if (!isPipelined) await closed;
    }
    const connecting = this.connected();
    this.preparedNames.add(prepared.name);
    const client = await connecting;
    return {
      client,
      run: async () => {
        try {
          return (await client.query({ ...prepared, values: [...values] })).rows;
        } catch (error) {
          throw this.afterFailure(error);
        }
      },
    };
  }

  /** Closes the connection when the statements that were sent are answered. The next statement opens a new one. */
  async close(): Promise<void> {
    const closing = this.client;
    this.client = undefined;
    await (await closing?.catch(() => undefined))?.end().catch(() => {});
  }

  /** Returns the error to throw, and closes a connection that can't be used after it. */
  private afterFailure(error: unknown): unknown {
    // PgBouncer remembers a statement's name even if its preparation failed, and rejects it the next time.
    if (this.options.pooler === "prepared") void this.close();
    if (!(error instanceof Error && isTimeout(error))) return error;
    // The next statement would wait behind one that the server may never answer.
    if (isUnanswered(error)) void this.close();
    return timeoutError();
  }

  private connected(): Promise<Client> {
    if (this.client !== undefined) return this.client;
    const onLost = () => {
      if (this.client === connecting) this.client = undefined;
    };
    this.preparedNames = new Set();
    const connecting = this.connect(onLost).catch((error: unknown) => {
      onLost();
      throw error;
    });
    return (this.client = connecting);
  }

  private async connect(onLost: () => void): Promise<Client> {
    const client = await connectToWriter(hostUrls(this.options.url), connectTimeoutMilliseconds, (url, milliseconds) =>
      this.newClient(url, milliseconds),
    );
    client.on("error", onLost);
    client.on("end", onLost);
    if (this.hasSession) await client.query(sessionSetup);
    return client;
  }

  private newClient(url: string, connectionTimeoutMillis: number): Client {
    const client = new Client({
      connectionString: driverUrl(this.hasSession ? withOptions(url, sessionOptions) : url),
      application_name: "postern",
      ...(this.hasSession && { statement_timeout: statementTimeoutMilliseconds }),
      connectionTimeoutMillis,
      // For a server that no longer answers.
      query_timeout: statementTimeoutMilliseconds + 1000,
      keepAlive: true,
      pipeline: this.options.isPipelined,
      types,
    });
    // Without a listener, a connection that breaks between two statements ends the process.
    return client.on("error", () => {});
  }
}
