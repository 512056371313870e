import type { Database } from "../../database/database.js";

import type { Bulk } from "./bulk.js";
import { bulkPostgresql } from "./postgresql.js";
import { bulkSqlite } from "./sqlite.js";

const day = 24 * 60 * 60 * 1000;

/** Returns a database's URL with time limits of a day, since bulk loading takes longer than a request may. */
export function withoutTimeLimits(url: string): string {
  if (url.startsWith("sqlite:")) return url;
  // Drivers take the last of repeated parameters. `URL` can't parse a URL with several hosts.
  const limits = ["statement_timeout", "idle_in_transaction_session_timeout", "query_timeout"];
  return `${url}${url.includes("?") ? "&" : "?"}${limits.map((name) => `${name}=${day}`).join("&")}`;
}

export const bulkOf = ({ engine }: Database): Bulk => (engine.dialect.name === "sqlite" ? bulkSqlite : bulkPostgresql);
