import { Migration20261122071908 } from "./Migration20261122071908.js";
import { Migration20261122075615 } from "./Migration20261122075615.js";
import { Migration20261122084653 } from "./Migration20261122084653.js";
import { Migration20261122085912 } from "./Migration20261122085912.js";
import { Migration20261122101342 } from "./Migration20261122101342.js";
import { Migration20261122101343 } from "./Migration20261122101343.js";
import { Migration20261124203000 } from "./Migration20261124203000.js";
import { Migration20261129140000 } from "./Migration20261129140000.js";
import { Migration20261130213000 } from "./Migration20261130213000.js";
import { Migration20261130220000 } from "./Migration20261130220000.js";

/** In the order they run. Listed by hand, so that they are found alike as TypeScript, compiled and in tests. */
export const sqliteMigrations = [
  { name: "Migration20261122071908", class: Migration20261122071908 },
  { name: "Migration20261122075615", class: Migration20261122075615 },
  { name: "Migration20261122084653", class: Migration20261122084653 },
  { name: "Migration20261122085912", class: Migration20261122085912 },
  { name: "Migration20261122101342", class: Migration20261122101342 },
  { name: "Migration20261122101343", class: Migration20261122101343 },
  { name: "Migration20261124203000", class: Migration20261124203000 },
  { name: "Migration20261129140000", class: Migration20261129140000 },
  { name: "Migration20261130213000", class: Migration20261130213000 },
  { name: "Migration20261130220000", class: Migration20261130220000 },
];
