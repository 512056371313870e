import { existsSync } from "node:fs";

import { databaseOfEnvironment } from "../foundation/config/environment.js";
import { connectDatabase, engineOf, refuseUnknown, unusableFor, type Database } from "../database/database.js";
import { migrationState } from "../database/migration-state.js";
import { openReader, readerFor, type OperationReader } from "../database/reader.js";
import { transactionsOn, type Transaction } from "../database/transaction.js";
import type { PasswordCost } from "../kit/context.js";
import { Refusal, type Surroundings } from "./command.js";

/** What a command that looks at accounts and sessions works with, or changes them. */
export type Access = {
  readonly reader: OperationReader;
  readonly transaction: Transaction;
  readonly passwordCost: PasswordCost | undefined;
  /** The instant at which it is asked for. */
  readonly now: Date;
};

const clientKey = "administration";
const slowReads = 2;

/**
 * The database of the settings, which another process has.
 *
 * @throws Refusal for one in memory, which nobody else can get at.
 */
export function databaseToKeep(): ReturnType<typeof databaseOfEnvironment> {
  const settings = databaseOfEnvironment();
  if (settings.databaseUrl === "sqlite::memory:")
    throw new Refusal("DATABASE_URL names a database in memory, which is the server's alone", "DATABASE");
  return settings;
}

/**
 * Opens the database of the settings to read, and makes nothing: neither a file nor tables.
 *
 * @throws DatabaseUnusableError
 */
export async function reading<Result>(
  { databaseUrl, databaseUse }: ReturnType<typeof databaseOfEnvironment>,
  { features }: Pick<Surroundings, "features">,
  work: (reader: OperationReader, database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await connectDatabase(databaseUrl, features.entities, databaseUse, false);
  try {
    const reader = await openReader(database, slowReads);
    try {
      const ours = readerFor(reader, { clientKey });
      await requireSchema(database, ours);
      return await work(ours, database);
    } finally {
      await reader.close();
    }
  } catch (error) {
    throw unusableFor(databaseUrl, error);
  } finally {
    await database.close(true);
  }
}

/** Throws the error that a start would meet if the schema of the URL's search_path isn't there. */
async function requireSchema({ engine }: Database, reader: OperationReader): Promise<void> {
  if (engine.currentSchema === undefined) return;
  const [row] = await reader.all<{ name: string | null }>(engine.currentSchema);
  if (row!.name === null) throw Object.assign(new Error("there is no current schema"), { code: "3F000" });
}

/** @throws Refusal for a database whose file isn't there. */
export function requireFile(url: string): void {
  const file = engineOf(url).file(url);
  if (file !== undefined && !existsSync(file))
    throw new Refusal(
      `There is no database yet, ${file}: postern migrate makes it, and so does the server`,
      "DATABASE",
    );
}

/**
 * Opens the database of the settings for a command that works on what is there, beside the servers that use it.
 *
 * @throws Refusal where there is none yet, or it isn't migrated.
 * @throws DatabaseUnusableError
 */
export async function onDatabase<Result>(
  around: Surroundings,
  work: (access: Access) => Promise<Result>,
): Promise<Result> {
  const settings = databaseToKeep();
  requireFile(settings.databaseUrl);
  return reading(settings, around, async (reader, database) => {
    const { pending, unknown } = await migrationState(database.engine, reader, around.features.migrations);
    refuseUnknown(unknown, "Postern");
    if (pending.length > 0)
      throw new Refusal("The database isn't migrated to this version: run postern migrate first", "DATABASE");
    const { clock, passwordCost } = around;
    // As it is when something is done: somebody may take their time to answer before.
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
