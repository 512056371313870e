import { existsSync } from "node:fs";

import { databaseFromEnvironment } from "../foundation/config/environment.js";
import { engineOf } from "../database/engines.js";
import { explainUnusable } from "../database/database-error.js";
import { refuseUnknown } from "../database/migrate.js";
import { connectDatabase, type Database } from "../database/database.js";
import { migrationState } from "../database/migration-state.js";
import { readerFor, type OperationReader } from "../database/operation-reader.js";
import { openReader } from "../database/reader.js";
import { transactionsOn, type Transaction } from "../database/transaction.js";
import type { PasswordCost } from "../kit/context.js";
import { CommandError, type CommandDeps } from "./command.js";

/** The access to the database for commands that read or change accounts and sessions. */
export type DatabaseAccess = {
  readonly reader: OperationReader;
  readonly transaction: Transaction;
  readonly passwordCost: PasswordCost | undefined;
  /** The current instant. */
  readonly now: Date;
};

const clientKey = "administration";
const slowReads = 2;

/**
 * Returns the settings of the database, which a server may be using.
 *
 * @throws CommandError for a database in memory, which only its server can use.
 */
export function databaseToKeep(): ReturnType<typeof databaseFromEnvironment> {
  const settings = databaseFromEnvironment();
  if (settings.databaseUrl === "sqlite::memory:")
    throw new CommandError("DATABASE_URL names a database in memory, which is the server's alone", "DATABASE");
  return settings;
}

/**
 * Opens the database of the settings for reading. It creates nothing, neither a file nor tables.
 *
 * @throws DatabaseUnusableError
 */
export async function reading<Result>(
  { databaseUrl, databaseUse }: ReturnType<typeof databaseFromEnvironment>,
  { loadFeatures }: Pick<CommandDeps, "loadFeatures">,
  work: (reader: OperationReader, database: Database) => Promise<Result>,
): Promise<Result> {
  const { entities } = await loadFeatures();
  const database = await connectDatabase(databaseUrl, entities, { use: databaseUse, connect: false });
  try {
    const reader = await openReader(database, { maxSlowReads: slowReads });
    try {
      const ours = readerFor(reader, { clientKey });
      await requireSchema(database, ours);
      return await work(ours, database);
    } finally {
      await reader.close();
    }
  } catch (error) {
    throw explainUnusable(databaseUrl, error);
  } finally {
    await database.close(true);
  }
}

/** Throws the error of a start if the schema of the URL's search_path isn't there. */
async function requireSchema({ engine }: Database, reader: OperationReader): Promise<void> {
  if (engine.currentSchema === undefined) return;
  const [row] = await reader.all<{ name: string | null }>(engine.currentSchema);
  if (row!.name === null) throw Object.assign(new Error("there is no current schema"), { code: "3F000" });
}

/** @throws CommandError if the database's file isn't there. */
export function requireFile(url: string): void {
  const file = engineOf(url).file(url);
  if (file !== undefined && !existsSync(file))
    throw new CommandError(
      `There is no database yet, ${file}: run postern migrate, or start the server, to create it`,
      "DATABASE",
    );
}

/**
 * Opens the database of the settings for a command that works beside the servers.
 *
 * @throws CommandError if there is none yet, or if it isn't migrated.
 * @throws DatabaseUnusableError
 */
export async function onDatabase<Result>(
  deps: CommandDeps,
  work: (access: DatabaseAccess) => Promise<Result>,
): Promise<Result> {
  const settings = databaseToKeep();
  requireFile(settings.databaseUrl);
  return reading(settings, deps, async (reader, database) => {
    const { migrations } = await deps.loadFeatures();
    const { pending, unknown } = await migrationState(database.engine, reader, migrations);
    refuseUnknown(unknown, "Postern");
    if (pending.length > 0)
      throw new CommandError("The database isn't migrated to this version: run postern migrate first", "DATABASE");
    const { clock, passwordCost } = deps;
    // Read when it is needed: the user may take time to answer a question before.
    const inTime = <Parts extends object>(parts: Parts) =>
      Object.assign(
        {
          get now() {
            return clock();
          },
        },
        parts,
      );
    const transaction = transactionsOn(database)(inTime({ clientKey }));
    return work(inTime({ reader, transaction, passwordCost }));
  });
}
