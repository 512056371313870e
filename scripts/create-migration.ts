// Writes the migration from the schema of the existing migrations to that of the entities.
import { openDatabase } from "../src/database/database.js";
import { migratorOf } from "../src/database/migrator.js";
import { entities } from "../src/graphql/schema.js";

const database = await openDatabase("sqlite::memory:", entities);
const { fileName } = await (await migratorOf(database, database.em)).createMigration();
console.log(
  fileName === ""
    ? "The entities and the migrations agree already."
    : `Wrote ${fileName}: review it, and list it in index.ts.`,
);
await database.close(true);
