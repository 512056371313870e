/**
 * The kinds of pooler between a process and PostgreSQL: none; one that pools by transaction; or one that pools by
 * transaction and supports prepared statements.
 */
export const poolers = ["none", "transaction", "prepared"] as const;

/** How a process uses a database server that it shares with others; see the settings of these names. */
export type DatabaseUse = {
  /** The largest number of connections that the process opens. */
  readonly connections: number;
  readonly pooler: (typeof poolers)[number];
};

/** The default of the settings, and for commands that are not a server. */
export const defaultDatabaseUse: DatabaseUse = { connections: 13, pooler: "none" };
