// For MikroORM's command line: npm run migration:create
import { readConfig } from "./src/config/settings.js";
import { databaseOptions } from "./src/database/database.js";
import { readEnvironment } from "./src/config/environment.js";
import { entities } from "./src/schema.js";

export default databaseOptions(readConfig(readEnvironment()).config.databaseUrl, entities);
