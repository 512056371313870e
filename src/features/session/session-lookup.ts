import { raceSignal, type Signal } from "../../foundation/fairness/deadline.js";
import { joinInOrder, tuples } from "../../database/dialect.js";
import { Sql, sql } from "../../database/sql.js";
import type { OperationSpan } from "../../foundation/tracing/span.js";

/** A session with its user; dates in milliseconds since 1970. `session_id` is null if only the user exists. */
export type SessionRow = {
  readonly name: string;
  readonly email: string;
  readonly registered_at: number;
  readonly session_id: string | null;
  readonly expires_at: number;
  readonly ended_at: number | null;
};

/** Looks up a session and its user; undefined if there is no such user or the user is disabled. */
export type SessionLookup = (
  userId: string,
  sessionId: string,
  signal: Signal,
  span?: OperationSpan,
) => Promise<SessionRow | undefined>;

// With larger batches, requests that arrive during one would wait too long.
const batchSize = 100;

/**
 * Returns the look-up that every request with a valid token needs. Look-ups that arrive while a statement is running are
 * batched into the next one. It starts after they arrived, so it sees every session that ended before. All look-ups cost
 * the same, so none delays another.
 */
export function sessionLookup(
  read: (
    statement: Sql,
    asking: readonly { readonly span: OperationSpan | undefined }[],
  ) => Promise<(SessionRow & { readonly number: number })[]>,
): SessionLookup {
  type Asked = {
    readonly ids: readonly [userId: string, sessionId: string];
    readonly span: OperationSpan | undefined;
    readonly resolve: (row: SessionRow | undefined) => void;
    readonly reject: (error: unknown) => void;
  };
  let waiting: Asked[] = [];
  let isReading = false;

  const readWaiting = async () => {
    isReading = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize);
      waiting = waiting.slice(batchSize);
      try {
        const found = await read(statementFor(batch.map(({ ids }) => ids)), batch);
        const rows = new Map(found.map((row) => [row.number, row]));
        for (const [number, { resolve }] of batch.entries()) resolve(rows.get(number));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isReading = false;
  };

  return (userId, sessionId, signal, span) => {
    const row = new Promise<SessionRow | undefined>((resolve, reject) => {
      waiting.push({ ids: [userId, sessionId], span, resolve, reject });
    });
    if (!isReading) void readWaiting();
    return raceSignal(row, signal);
  };
}

function statementFor(ids: readonly (readonly [userId: string, sessionId: string])[]): Sql {
  return sql`select i.key as number, u.name, u.email, u.created_at as registered_at, s.id as session_id, s.expires_at, s.ended_at
    from ${tuples(sql`${JSON.stringify(ids)}`, new Sql("i"))} ${joinInOrder} users u on u.id = i.value ->> 0 and u.disabled_at is null
    left join sessions s on s.id = i.value ->> 1 and s.user_id = u.id`;
}
