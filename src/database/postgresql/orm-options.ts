import type { Options } from "@mikro-orm/core";
import type { PostgreSqlDriver } from "@mikro-orm/postgresql";

import type { DatabaseUse } from "../../foundation/config/database-use.js";
import { hostUrls } from "../../foundation/config/postgresql-hosts.js";
import { driverUrl } from "../../foundation/config/postgresql-url.js";
import { loadPostgreSqlDriver } from "../mikro-orm.js";
import { divideConnections } from "./connection-shares.js";
import { WriterHostDialect } from "./knex-dialect.js";
import { connectTimeoutMilliseconds, statementTimeoutMilliseconds, transactionLimits } from "./time-limits.js";

/** Returns MikroORM's options for a PostgreSQL database. */
export const postgresqlOptions = (url: string, { connections, pooler }: DatabaseUse): Options<PostgreSqlDriver> => ({
  driver: loadPostgreSqlDriver(),
  clientUrl: hostUrls(url)[0],
  driverOptions: {
    client: WriterHostDialect,
    acquireConnectionTimeout: connectTimeoutMilliseconds,
    connection: {
      connectionString: driverUrl(hostUrls(url)[0]),
      hosts: hostUrls(url).map(driverUrl),
      application_name: "postern",
      connectionTimeoutMillis: connectTimeoutMilliseconds,
      ...(pooler === "none" && transactionLimits),
      query_timeout: statementTimeoutMilliseconds + 1000,
      keepAlive: true,
    },
  },
  pool: { min: 0, max: divideConnections(connections).writers },
});
