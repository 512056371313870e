// Writes the migration from what the existing ones make to what the entities say.
import { openDatabase } from "../src/database/database.js";

const database = await openDatabase("sqlite::memory:");
const { fileName } = await database.getMigrator().createMigration();
console.log(
  fileName === ""
    ? "The entities and the migrations agree already."
    : `Wrote ${fileName}: review it, and list it in index.ts.`,
);
await database.close(true);
