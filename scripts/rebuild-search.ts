// Makes the search index of the database in DATABASE_URL anew.
import { ConfigError, readConfig } from "../src/config.js";
import { openDatabase } from "../src/database.js";
import { readEnvironment } from "../src/environment.js";
import { rebuildSearch } from "../src/post/post.search-index.js";

try {
  const { databaseUrl } = readConfig(readEnvironment()).config;
  const database = await openDatabase(databaseUrl);
  const posts = await rebuildSearch(database);
  await database.close(true);
  console.log(`The search index of ${databaseUrl} holds ${posts} posts.`);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  for (const problem of error.problems) console.error(problem);
  process.exitCode = 1;
}
