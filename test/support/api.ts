import { onTestFinished } from "vitest";

import { featuresWith } from "../../src/graphql/schema.js";
import { handTimer } from "../../src/testing/clock.js";
import { memoryUrl } from "../../src/testing/database.js";
import { createTestServer, type TestServer, type TestServerOptions } from "../../src/testing/test-server.js";
import { openMigrated } from "./database.js";

/** A server for a test, as the package makes them for everybody's. */
export type Api = TestServer;

/**
 * Starts a server of its own for a test, on a database of the kind that the run is about. Its clock and its timer are
 * moved one without the other. It stops when the test is over.
 *
 * @param settings in place of the defaults; one that names a database has that one opened.
 * @param options what hashing costs, and what an application adds to the server.
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
