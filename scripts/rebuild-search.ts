// Rebuilds the search index of the database in DATABASE_URL.
import { ConfigError } from "../src/foundation/config/config.js";
import { withoutPassword } from "../src/database/database-error.js";
import { openDatabase } from "../src/database/database.js";
import { transactionsOn } from "../src/database/transaction.js";
import { entities } from "../src/graphql/schema.js";
import { configFromEnvironment } from "../src/foundation/config/environment.js";
import { rebuildSearch } from "../src/features/post/search/search-index.js";

try {
  const { databaseUrl } = configFromEnvironment().config;
  const database = await openDatabase(databaseUrl, entities);
  const posts = await rebuildSearch(transactionsOn(database)({ clientKey: "" }));
  await database.close(true);
  console.log(`The search index of ${withoutPassword(databaseUrl)} holds ${posts} posts.`);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  for (const problem of error.problems) console.error(problem);
  process.exitCode = 1;
}
