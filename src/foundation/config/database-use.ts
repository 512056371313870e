/**
 * What stands between a process and PostgreSQL: nothing; a pooler that gives each transaction whatever connection is
 * free; or one of those that keeps prepared statements.
 */
export const poolers = ["none", "transaction", "prepared"] as const;

/** How a process uses a database server that others use too; see the settings of these names. */
export type DatabaseUse = {
  /** How many connections it opens at most. */
  readonly connections: number;
  readonly pooler: (typeof poolers)[number];
};

/** What the settings say where nothing is set, and how commands connect that are no server. */
export const defaultDatabaseUse: DatabaseUse = { connections: 13, pooler: "none" };
