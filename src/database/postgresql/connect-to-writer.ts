import type { Client } from "pg";

import type { DriverError } from "../engine.js";

type Connecting = Pick<Client, "connect" | "query" | "end">;

/** The host that took writes last, by the URLs of all of them. It is tried first. */
const latest = new Map<string, string>();

const isReadOnly = `select pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as is_read_only`;

/**
 * Connects to the first of several hosts that takes writes, as libpq does with `target_session_attrs=read-write`. Each host
 * has an equal share of the time, so one that accepts the connection and says nothing holds up nobody for long. With one
 * host nothing is asked: what a standby refuses, the statement says.
 *
 * @throws the error of the last host, if none of them can be used.
 */
export async function connectToWriter<Connection extends Connecting>(
  urls: readonly string[],
  milliseconds: number,
  open: (url: string, milliseconds: number) => Connection,
): Promise<Connection> {
  if (urls.length === 1) {
    const only = open(urls[0]!, milliseconds);
    await only.connect();
    return only;
  }
  const all = urls.join(" ");
  const first = latest.get(all);
  const share = Math.floor(milliseconds / (urls.length + 1));
  let problem: unknown;
  for (const url of urls.toSorted((a, b) => Number(b === first) - Number(a === first))) {
    const connection = open(url, share);
    try {
      await connection.connect();
      const asked = { text: isReadOnly, query_timeout: share };
      const { rows } = await connection.query<{ is_read_only: boolean }>(asked);
      if (!rows[0]!.is_read_only) {
        latest.set(all, url);
        return connection;
      }
      problem = readOnlyError();
    } catch (error) {
      problem = error;
    }
    connection.end().catch(() => {});
  }
  throw problem;
}

/** What a statement that writes would be answered there. */
const readOnlyError = (): DriverError =>
  Object.assign(new Error("No host of DATABASE_URL takes writes"), { code: "25006" });
