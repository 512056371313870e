import { Migration20261124164500 } from "./Migration20261124164500.js";
import { Migration20261124203000 } from "./Migration20261124203000.js";
import { Migration20261129140000 } from "./Migration20261129140000.js";
import { Migration20261130213000 } from "./Migration20261130213000.js";
import { Migration20261130220000 } from "./Migration20261130220000.js";

/** In the order they run, as `src/database/migrations/sqlite/index.ts` has them. */
export const postgresqlMigrations = [
  { name: "Migration20261124164500", class: Migration20261124164500 },
  { name: "Migration20261124203000", class: Migration20261124203000 },
  { name: "Migration20261129140000", class: Migration20261129140000 },
  { name: "Migration20261130213000", class: Migration20261130213000 },
  { name: "Migration20261130220000", class: Migration20261130220000 },
];
