import type { Client } from "pg";

import type { DriverError } from "../engine.js";

type ConnectingClient = Pick<Client, "connect" | "query" | "end">;

/** The host that accepted writes last, by the URLs of all hosts. It is tried first. */
const latest = new Map<string, string>();

const isReadOnly = `select pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as is_read_only`;

/**
 * Connects to the first of several hosts that accepts writes, as libpq does with `target_session_attrs=read-write`.
 * Each host has an equal share of the time, so that a host that never answers doesn't use up all of it. A single host
 * is not asked: if it is a standby, the statement that writes fails with the reason.
 *
 * @throws the error of the last host, if none of them can be used.
 */
export async function connectToWriter<Opened extends ConnectingClient>(
  urls: readonly string[],
  timeoutMilliseconds: number,
  open: (url: string, timeoutMilliseconds: number) => Opened,
): Promise<Opened> {
  if (urls.length === 1) {
    const only = open(urls[0]!, timeoutMilliseconds);
    await only.connect();
    return only;
  }
  const all = urls.join(" ");
  const first = latest.get(all);
  const shareMilliseconds = Math.floor(timeoutMilliseconds / (urls.length + 1));
  let problem: unknown;
  for (const url of urls.toSorted((a, b) => Number(b === first) - Number(a === first))) {
    const client = open(url, shareMilliseconds);
    try {
      await client.connect();
      const query = { text: isReadOnly, query_timeout: shareMilliseconds };
      const { rows } = await client.query<{ is_read_only: boolean }>(query);
      if (!rows[0]!.is_read_only) {
        latest.set(all, url);
        return client;
      }
      problem = readOnlyError();
    } catch (error) {
      problem = error;
    }
    client.end().catch(() => {});
  }
  throw problem;
}

/** Makes the error that a statement that writes would get there. */
const readOnlyError = (): DriverError =>
  Object.assign(new Error("No host of DATABASE_URL takes writes"), { code: "25006" });
