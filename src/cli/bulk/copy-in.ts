import type { Client, Connection, Submittable } from "pg";

import type { Value } from "./bulk.js";

/** The driver's methods for COPY, which its types leave out. */
type CopyingConnection = Connection & {
  query: (text: string) => void;
  sendCopyFromChunk: (chunk: Buffer) => void;
  endCopyFrom: () => void;
};

/** A COPY whose rows are sent at once. It needs two methods of the driver; a library would add streams. */
class CopyIn implements Submittable {
  callback: (error: Error | null) => void = () => {};

  constructor(
    private readonly text: string,
    private readonly data: Buffer,
  ) {}

  submit(connection: Connection): void {
    (connection as CopyingConnection).query(this.text);
  }

  handleCopyInResponse(connection: CopyingConnection): void {
    connection.sendCopyFromChunk(this.data);
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleError(error: Error): void {
    this.callback(error);
  }
}

/** Inserts rows into a table by COPY, which takes a fraction of INSERT's time. */
export function copyIn(
  client: Client,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Promise<void> {
  const data = Buffer.from(rows.map((row) => `${row.map(fieldOf).join("\t")}\n`).join(""));
  const copy = new CopyIn(`copy ${table} (${columns.join(", ")}) from stdin`, data);
  return new Promise((resolve, reject) => {
    copy.callback = (error) => (error === null ? resolve() : reject(error));
    client.query(copy);
  });
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** @see https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
const fieldOf = (value: Value): string =>
  value === null ? "\\N" : String(value).replace(/[\\\t\n\r]/g, (character) => escapes[character]!);
