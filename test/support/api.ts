import { onTestFinished } from "vitest";

import { featuresWith } from "../../src/graphql/schema.js";
import { handTimer } from "../../src/testing/clock.js";
import { memoryUrl } from "../../src/testing/database.js";
import { createTestServer, type TestServer, type TestServerOptions } from "../../src/testing/test-server.js";
import { openMigrated } from "./database.js";

/** A server for a test, by the kit that the package offers to applications. */
export type Api = TestServer;

/**
 * Starts a server for one test, on the database system of the run. The test moves its clock and its timer separately.
 * The server stops when the test is over.
 *
 * @param settings override the defaults; with DATABASE_URL, that database is opened.
 * @param options the cost of hashing, and an application's additions.
 */
export async function startApi(
  settings: Record<string, string> = {},
  options: Omit<TestServerOptions, "settings" | "database" | "timer"> = {},
): Promise<Api> {
  const open = () => openMigrated(undefined, featuresWith(options));
  const api = await createTestServer({
    ...options,
    settings,
    timer: handTimer(),
    ...([undefined, memoryUrl].includes(settings["DATABASE_URL"]) && { database: await open() }),
  });
  onTestFinished(api.stop);
  return api;
}
