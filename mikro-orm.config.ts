// For MikroORM's command line: npm run mikro-orm
import { Migrator } from "@mikro-orm/migrations";

import { databaseOptions } from "./src/database/database.js";
import { engineOf } from "./src/database/engines.js";
import { loadMigrations } from "./src/database/migrator.js";
import { configFromEnvironment } from "./src/foundation/config/environment.js";
import { entities } from "./src/graphql/schema.js";

const { databaseUrl } = configFromEnvironment().config;
const options = await databaseOptions(databaseUrl, entities);
const migrationsList = await loadMigrations(engineOf(databaseUrl));

export default { ...options, extensions: [Migrator], migrations: { ...options.migrations, migrationsList } };
