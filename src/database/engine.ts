import type { MikroORM, Options } from "@mikro-orm/core";
import type { AbstractSqlDriver, SqlEntityManager } from "@mikro-orm/knex";

import type { Timer } from "../foundation/clock.js";
import type { DatabaseUse } from "../foundation/config/database-use.js";
import type { Signal } from "../foundation/fairness/deadline.js";
import type { Dialect, Sql } from "./sql.js";

/** An open database. Changes go through its entities, reads through the connections of the reader. */
export type Database = MikroORM<AbstractSqlDriver> & {
  readonly engine: Engine;
  readonly url: string;
  readonly use: DatabaseUse;
  /**
   * Receives the driver's warnings, which it would otherwise print. They are dropped until somebody with a log sets
   * `report`.
   */
  readonly warnings: { report: (message: string) => void };
};

/** A statement, with the signal that cancels it. */
export type CancellableStatement = { readonly statement: Sql; readonly signal?: Signal | undefined };

/** A read-only connection. Its holder runs one statement, or one batch, at a time. */
export type ReadConnection = {
  /** @param signal cancels the statement; its reason is thrown. */
  readonly all: <Row>(statement: Sql, signal?: Signal) => Promise<Row[]>;
  /** Undefined if batches are no faster on this connection. */
  readonly batch?: ReadBatch;
  readonly close: () => Promise<void>;
};

/** Runs several statements that have the same text, and return at most one row each, for less than one by one. */
export type ReadBatch = {
  readonly maxStatements: number;
  /** Returns one promise per statement, in order. A statement that fails fails alone. */
  readonly run: (statements: readonly CancellableStatement[]) => readonly Promise<unknown[]>[];
};

/** The connections between which a reader divides its statements. */
export type ReadConnections = {
  /** For looking up sessions and their users. */
  readonly credentials: ReadConnection;
  /** For short statements. */
  readonly short: readonly ReadConnection[];
  /** For any statement. */
  readonly any: readonly ReadConnection[];
};

/** An error of a driver, or the error that MikroORM wraps around it, which has the same code. */
export type DriverError = Error & { readonly code?: string | undefined };

/** The statements of the event log, which differ between database systems. */
export type EventLogStatements = {
  /** An event's own id. */
  readonly id: Sql;
  /** True if there are events without a number. */
  readonly unnumbered: Sql;
  /**
   * Number events. They run in order in a transaction, until one returns `goes_on` = false because another process is
   * numbering them.
   */
  readonly number: readonly Sql[];
  /** Deletes at most `count` older events, and returns a row for each. It keeps the newest event of all. */
  readonly deleteBefore: (instant: Date, count: number) => Sql;
};

/** Runs read-only statements. */
type StatementRunner = { readonly all: <Row>(statement: Sql) => Promise<Row[]> };

/** Everything that is specific to one database system. */
export type Engine = {
  readonly dialect: Dialect;
  /** The number of transactions that a process runs at a time. */
  readonly writers: (use: DatabaseUse) => number;
  /** Loads the driver, and returns MikroORM's options for it. */
  readonly options: (url: string, use: DatabaseUse) => Promise<Options<AbstractSqlDriver>>;
  /**
   * The first statement of each transaction: it gives the triggers the instant, or none if no event is to be recorded.
   */
  readonly beginAt: (instant: Date | undefined, use: DatabaseUse) => string;
  /** Runs statements without values or rows in a transaction, all in one round trip. */
  readonly runTogether: (em: SqlEntityManager, statements: readonly string[]) => Promise<unknown>;
  readonly eventLog: EventLogStatements;
  /** In the order in which they run. */
  readonly migrations: readonly {
    readonly name: string;
    readonly load: () => Promise<new (...args: never[]) => unknown>;
  }[];
  readonly migrationsFolder: string;
  /** The statements that lock out other migrating processes until the end of the transaction. */
  readonly migrationLock: readonly string[];
  /** Creates the table that records the migrations that have run, if it doesn't exist. */
  readonly migrationTable: (name: string) => string;
  readonly openReadConnections: (database: Database, timer: Timer) => Promise<ReadConnections>;
  /** The database's file; undefined for a database in memory or on a server. */
  readonly file: (url: string) => string | undefined;
  /** Creates the database's file for its owner alone, if it doesn't exist. A failure shows when the file is opened. */
  readonly makeFile: (url: string) => void;
  /** Selects the schema of the tables, null if there is none; undefined for a database without schemas. */
  readonly currentSchema: Sql | undefined;
  /** Selects the names of all tables. */
  readonly tables: Sql;
  /** Selects the present instant by the server's clock; undefined if there is no server. */
  readonly clock: Sql | undefined;
  /**
   * Returns why a database that can be read can't be written, without names or values; undefined if it can be
   * written.
   */
  readonly whyReadOnly: (url: string, reader: StatementRunner) => Promise<string | undefined>;
  /** Returns why a database can't be opened, in one line; undefined if the error is of another kind. */
  readonly whyUnusable: (url: string, error: DriverError) => string | undefined;
  /** Reports whether the database could not be reached or stayed locked, so that a retry may succeed. */
  readonly isAway: (error: DriverError) => boolean;
  /** Reports whether a statement was cancelled because it took too long. */
  readonly isTimeout: (error: DriverError) => boolean;
  /** Reports whether a transaction conflicted with another one, so that an immediate retry may succeed. */
  readonly isConflict: (error: DriverError) => boolean;
  /**
   * Reports whether the database rolled a transaction back in favour of another one, even if COMMIT returned the error.
   */
  readonly isRolledBack: (error: DriverError) => boolean;
};
