// For MikroORM's command line: npm run migration:create
import { databaseOptions } from "./src/database/database.js";
import { configFromEnvironment } from "./src/foundation/config/environment.js";
import { entities } from "./src/graphql/schema.js";

export default databaseOptions(configFromEnvironment().config.databaseUrl, entities);
