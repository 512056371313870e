import type { Database } from "../../database/database.js";

import type { Bulk } from "./bulk.js";
import { bulkPostgresql } from "./postgresql.js";
import { bulkSqlite } from "./sqlite.js";

const day = 24 * 60 * 60 * 1000;

/** The same database, without the limits of time that a server has and much work would reach. */
export function withoutTimeLimits(url: string): string {
  if (url.startsWith("sqlite:")) return url;
  // Of a name that is there twice, drivers take the last. A URL with several hosts can't be read as any other.
  const limits = ["statement_timeout", "idle_in_transaction_session_timeout", "query_timeout"];
  return `${url}${url.includes("?") ? "&" : "?"}${limits.map((name) => `${name}=${day}`).join("&")}`;
}

export const bulkOf = ({ engine }: Database): Bulk => (engine.dialect.name === "sqlite" ? bulkSqlite : bulkPostgresql);
