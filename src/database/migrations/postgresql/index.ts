/** In the order they run, as `src/database/migrations/sqlite/index.ts` has them. */
export const postgresqlMigrations = [
  {
    name: "Migration20261124164500",
    load: async () => (await import("./Migration20261124164500.js")).Migration20261124164500,
  },
  {
    name: "Migration20261124203000",
    load: async () => (await import("./Migration20261124203000.js")).Migration20261124203000,
  },
  {
    name: "Migration20261129140000",
    load: async () => (await import("./Migration20261129140000.js")).Migration20261129140000,
  },
  {
    name: "Migration20261130213000",
    load: async () => (await import("./Migration20261130213000.js")).Migration20261130213000,
  },
  {
    name: "Migration20261130220000",
    load: async () => (await import("./Migration20261130220000.js")).Migration20261130220000,
  },
  {
    name: "Migration20261201160000",
    load: async () => (await import("./Migration20261201160000.js")).Migration20261201160000,
  },
];
