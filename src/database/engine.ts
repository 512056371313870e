import type { MikroORM, Options } from "@mikro-orm/core";
import type { AbstractSqlDriver, SqlEntityManager } from "@mikro-orm/knex";

import type { Timer } from "../foundation/clock.js";
import type { DatabaseUse } from "../foundation/config/database-use.js";
import type { Signal } from "../foundation/fairness/deadline.js";
import type { Dialect, Sql } from "./sql.js";

/** An open database. What changes goes through its entities, what is read through connections of the reader. */
export type Database = MikroORM<AbstractSqlDriver> & {
  readonly engine: Engine;
  readonly url: string;
  readonly use: DatabaseUse;
  /** Is told what its driver would print: nobody listens until somebody with a log sets it. */
  readonly warnings: { tell: (message: string) => void };
};

/** A connection that can only read. Whoever holds it gives it one statement at a time. */
export type ReadConnection = {
  /** @param signal ends the statement; its reason is thrown. */
  readonly all: <Row>(statement: Sql, signal?: Signal) => Promise<Row[]>;
  readonly close: () => Promise<void>;
};

/** The connections that a reader shares out. */
export type ReadConnections = {
  /** For what tells who asks. */
  readonly credentials: ReadConnection;
  /** For short statements. */
  readonly short: readonly ReadConnection[];
  /** For any statement. */
  readonly any: readonly ReadConnection[];
  /** How many short statements of one text may be run as one, the most first. */
  readonly together: readonly number[];
};

/** An error of a driver, or MikroORM's around it, which takes its code over. */
export type DriverError = Error & { readonly code?: string | undefined };

/** What a database says in words of its own about the event log. */
export type EventLogStatements = {
  /** An event's own id. */
  readonly id: Sql;
  /** That there are events without a number. */
  readonly unnumbered: Sql;
  /** What turns posts whose time has come into events, run in order in a transaction. */
  readonly takeDue: (now: Date) => readonly Sql[];
  /** What numbers events, run in order in a transaction until one answers that it doesn't go on: another process does. */
  readonly number: readonly Sql[];
  /** Deletes at most so many older events, and answers a row for each. It keeps the newest of all. */
  readonly deleteBefore: (instant: Date, count: number) => Sql;
};

/** Runs a statement that only reads. */
type AsksOnce = { readonly all: <Row>(statement: Sql) => Promise<Row[]> };

/** What a kind of database brings: all that nothing outside its folder knows. */
export type Engine = {
  readonly dialect: Dialect;
  /** How many transactions of a process run at a time. */
  readonly writers: (use: DatabaseUse) => number;
  readonly options: (url: string, use: DatabaseUse) => Options<AbstractSqlDriver>;
  /** What each transaction begins with: it tells triggers the instant, where anybody is to hear of what it does. */
  readonly beginAt: (instant: Date | undefined, use: DatabaseUse) => string;
  /** Runs statements without values or rows in a transaction, all in one trip to the database. */
  readonly runTogether: (em: SqlEntityManager, statements: readonly string[]) => Promise<unknown>;
  readonly eventLog: EventLogStatements;
  /** In the order in which they run. */
  readonly migrations: readonly { readonly name: string; readonly class: new (...args: never[]) => unknown }[];
  readonly migrationsFolder: string;
  /** What a transaction begins with that lets no other process migrate meanwhile. */
  readonly migrationLock: readonly string[];
  /** Makes the table that tells which migrations have run, where it isn't there. */
  readonly migrationTable: (name: string) => string;
  readonly openReadConnections: (database: Database, timer: Timer) => Promise<ReadConnections>;
  /** The file that a database is; undefined where it is in memory, or in other files that are nobody's here. */
  readonly file: (url: string) => string | undefined;
  /** Makes the file of a database if it isn't there, for its owner alone. What goes wrong, opening it will tell. */
  readonly makeFile: (url: string) => void;
  /** Names the schema that tables are in, null if there is none; undefined for a database without schemas. */
  readonly currentSchema: Sql | undefined;
  /** The names of all tables, and by the server's own clock the present instant, where it has one. */
  readonly tables: Sql;
  readonly clock: Sql | undefined;
  /**
   * Why the database takes no writes although it can be read, in words without names or values; undefined if it takes
   * them.
   */
  readonly whyReadOnly: (url: string, reader: AsksOnce) => Promise<string | undefined>;
  /** Why a database can't be opened, in a line; undefined where the error is of another kind. */
  readonly whyUnusable: (url: string, error: DriverError) => string | undefined;
  /** Whether it could not be reached or stayed locked, so that another try may succeed. */
  readonly isAway: (error: DriverError) => boolean;
  /** Whether it ended a statement that took too long. */
  readonly isTimeout: (error: DriverError) => boolean;
  /** Whether a transaction came into another's way, so that the same again may succeed at once. */
  readonly isConflict: (error: DriverError) => boolean;
  /** Whether the database rolled a transaction back to let another one go on, even if the answer came from COMMIT. */
  readonly isRolledBack: (error: DriverError) => boolean;
};
