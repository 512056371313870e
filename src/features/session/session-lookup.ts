import { beforeSignal, type Signal } from "../../foundation/fairness/deadline.js";
import { joinInOrder, tuples } from "../../database/dialect.js";
import { Sql, sql } from "../../database/sql.js";
import type { OperationSpan } from "../../foundation/tracing/span.js";

/** A user with one of their sessions, which may be gone; dates in milliseconds since 1970. */
export type ViewerRow = {
  readonly name: string;
  readonly email: string;
  readonly registered_at: number;
  readonly session_id: string | null;
  readonly expires_at: number;
  readonly ended_at: number | null;
};

/** Looks a user up with one of their sessions; undefined where there is no such user, or a disabled one. */
export type ViewerLookup = (
  userId: string,
  sessionId: string,
  signal: Signal,
  span?: OperationSpan,
) => Promise<ViewerRow | undefined>;

// More would make those wait who ask meanwhile.
const mostAtATime = 100;

/**
 * Makes the look-up that every request with a good token needs. All that are asked for while a statement is under way
 * are the work of the next one: it begins after they have come, so that they see every session that has ended before,
 * and a busy server has fewer of them to run. They cost alike, so nobody's wait for another's.
 */
export function viewerLookup(
  read: (
    statement: Sql,
    asking: readonly { readonly span: OperationSpan | undefined }[],
  ) => Promise<(ViewerRow & { readonly number: number })[]>,
): ViewerLookup {
  type Asked = {
    readonly ids: readonly [userId: string, sessionId: string];
    readonly span: OperationSpan | undefined;
    readonly resolve: (row: ViewerRow | undefined) => void;
    readonly reject: (error: unknown) => void;
  };
  let waiting: Asked[] = [];
  let isReading = false;

  const readWaiting = async () => {
    isReading = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostAtATime);
      waiting = waiting.slice(mostAtATime);
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
    const row = new Promise<ViewerRow | undefined>((resolve, reject) => {
      waiting.push({ ids: [userId, sessionId], span, resolve, reject });
    });
    if (!isReading) void readWaiting();
    return beforeSignal(row, signal);
  };
}

function statementFor(ids: readonly (readonly [userId: string, sessionId: string])[]): Sql {
  return sql`select i.key as number, u.name, u.email, u.created_at as registered_at, s.id as session_id, s.expires_at, s.ended_at
    from ${tuples(sql`${JSON.stringify(ids)}`, new Sql("i"))} ${joinInOrder} users u on u.id = i.value ->> 0 and u.disabled_at is null
    left join sessions s on s.id = i.value ->> 1 and s.user_id = u.id`;
}
