import { Migration20261124164500 } from "./Migration20261124164500.js";

/** In the order they run, as `src/migrations/sqlite/index.ts` has them. */
export const postgresqlMigrations = [{ name: "Migration20261124164500", class: Migration20261124164500 }];
