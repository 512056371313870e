import { createRequire } from "node:module";

import type * as Core from "@mikro-orm/core";
import type * as Sql from "@mikro-orm/knex";
import type * as Postgresql from "@mikro-orm/postgresql";

// MikroORM is CommonJS, and so large that an `import` takes twice as long: Node first parses 180 files for the names that
// they export. `require` returns the same module as an application's `import` does.
const require = createRequire(import.meta.url);

/** The parts of MikroORM that the server uses. Types are imported from its packages. */
export const {
  CheckConstraintViolationException,
  CommitOrderCalculator,
  DefaultLogger,
  Entity,
  ExceptionConverter,
  ForeignKeyConstraintViolationException,
  Index,
  LockMode,
  LockWaitTimeoutException,
  ManyToOne,
  MikroORM,
  NotNullConstraintViolationException,
  PrimaryKey,
  PrimaryKeyProp,
  Property,
  raw,
  TableNotFoundException,
  Type,
  Unique,
  UniqueConstraintViolationException,
  Utils,
} = require("@mikro-orm/core") as typeof Core;

/** The same of its package for SQL. */
export const {
  AbstractSqlDriver,
  BaseSqliteConnection,
  BaseSqlitePlatform,
  BaseSqliteSchemaHelper,
  PostgreSqlKnexDialect,
  SqlEntityManager,
  SqliteKnexDialect,
} = require("@mikro-orm/knex") as typeof Sql;

/** Loads MikroORM's driver for PostgreSQL, and pg with it. */
export const loadPostgreSqlDriver = () => (require("@mikro-orm/postgresql") as typeof Postgresql).PostgreSqlDriver;
