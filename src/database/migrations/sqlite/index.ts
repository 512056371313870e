/**
 * In the order they run. Listed by hand, so that they are found alike as TypeScript, compiled and in tests. Each is loaded
 * only to be run.
 */
export const sqliteMigrations = [
  {
    name: "Migration20261122071908",
    load: async () => (await import("./Migration20261122071908.js")).Migration20261122071908,
  },
  {
    name: "Migration20261122075615",
    load: async () => (await import("./Migration20261122075615.js")).Migration20261122075615,
  },
  {
    name: "Migration20261122084653",
    load: async () => (await import("./Migration20261122084653.js")).Migration20261122084653,
  },
  {
    name: "Migration20261122085912",
    load: async () => (await import("./Migration20261122085912.js")).Migration20261122085912,
  },
  {
    name: "Migration20261122101342",
    load: async () => (await import("./Migration20261122101342.js")).Migration20261122101342,
  },
  {
    name: "Migration20261122101343",
    load: async () => (await import("./Migration20261122101343.js")).Migration20261122101343,
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
