import { styleText } from "node:util";

import { formatDuration } from "../../foundation/config/duration.js";
import type { Config } from "../../foundation/config/config.js";
import { withoutPassword } from "../../database/database-error.js";
import type { WorkerReady } from "./workers.js";

/** A server that answers, with how long it took to start. */
export type Ready = WorkerReady & {
  readonly name: string;
  /** The URL of the metrics, if they have a port of their own. */
  readonly metrics: string | undefined;
  readonly readyMs: number;
};

/** The facts that a server announces when it is ready. */
export function facts({ name, url, secretFile, metrics, readyMs }: Ready, config: Config) {
  return {
    name,
    node: process.versions.node,
    ...(config.workers > 1 && { workers: config.workers }),
    database: withoutPassword(config.databaseUrl),
    readyMs,
    graphql: url,
    ...(metrics !== undefined && { metrics }),
    accessTokenTtl: formatDuration(config.sessionRules.accessTokenTtlSeconds),
    signingKey: secretFile === undefined ? ownKey(config) : generated(secretFile),
  };
}

function ownKey({ signingKeys }: Config): string {
  const { algorithm, id } = signingKeys!.newest;
  return `${algorithm} from ${algorithm === "HS256" ? "JWT_SECRET" : "JWT_PRIVATE_KEY"}, kid ${id}`;
}

function generated(file: NonNullable<WorkerReady["secretFile"]>): string {
  return `secret ${file.isNew ? "generated, kept in" : "generated earlier, read from"} ${file.path}`;
}

/** The same for people. */
export function banner(ready: Ready, config: Config): string {
  const { name, node, database, graphql, accessTokenTtl, signingKey, metrics, readyMs } = facts(ready, config);
  const rows = [
    ["GraphQL", styleText("cyan", graphql)],
    ...(!config.explorer || graphql.startsWith("unix:") ? [] : [["Explorer", new URL("/", graphql).href]]),
    ["Database", database],
    ...(metrics === undefined ? [] : [["Metrics", metrics]]),
    ...(config.workers > 1 ? [["Workers", String(config.workers)]] : []),
    ["Access tokens", `live ${accessTokenTtl}`],
    ["Signing key", signingKey],
  ];
  const title = `${styleText("bold", name)}  on Node ${node}, ready in ${readyMs} ms`;
  return ["", `  ${title}`, ...rows.map(([label, value]) => `  ${label!.padEnd(16)}${value}`), ""].join("\n");
}
