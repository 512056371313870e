// For MikroORM's command line: npm run migration:create
import { readConfig } from "./src/config.js";
import { databaseOptions } from "./src/database.js";
import { readEnvironment } from "./src/environment.js";

export default databaseOptions(readConfig(readEnvironment()).config.databaseUrl);
