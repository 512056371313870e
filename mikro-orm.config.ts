// For MikroORM's command line: npm run migration:create
import { readConfig } from "./src/config.js";
import { databaseOptions } from "./src/database.js";

export default databaseOptions(readConfig(process.env).config.databaseUrl);
