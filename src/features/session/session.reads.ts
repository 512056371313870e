import DataLoader from "dataloader";

import { perOperation, type Context } from "../../kit/context.js";
import type { OperationReader } from "../../database/operation-reader.js";
import { limit, sql } from "../../database/sql.js";
import { SessionType } from "./session.type.js";

type Row = {
  readonly id: string;
  readonly created_at: number;
  readonly last_used_at: number;
  readonly expires_at: number;
  readonly user_agent: string | null;
};

// A user agent has at most 300 characters, each at most 6 bytes as JSON.
const bytesOfSession = 2000;

/**
 * Returns the live sessions of a user, newest first. Fields that ask at a time share one read. The result is not cached,
 * since an operation may end sessions between two fields.
 */
export async function sessionsOf(context: Context, userId: string): Promise<readonly SessionType[]> {
  const sessions = await loaderOf(context).load(userId);
  context.answer.addAtMost(sessions.length * bytesOfSession);
  return sessions;
}

const loaderOf = perOperation(
  ({ reader, now, settings }: Context) =>
    new DataLoader<string, readonly SessionType[]>(
      async (userIds) => {
        const live = new Map<string, Promise<readonly SessionType[]>>();
        for (const id of userIds)
          if (!live.has(id)) live.set(id, readSessions(reader, id, now, settings.sessionRules.sessionsOfUser));
        return Promise.all(userIds.map((id) => live.get(id)!));
      },
      { cache: false },
    ),
);

/**
 * Reads at most `most` live sessions of a user, newest first. If there are more, which only an earlier release allowed,
 * it returns the ones that end last: an index finds them without reading the others.
 */
export async function readSessions(
  reader: OperationReader,
  userId: string,
  now: Date,
  most: number,
): Promise<SessionType[]> {
  const rows = await reader.all<Row>(
    sql`select * from (
        select id, created_at, last_used_at, expires_at, user_agent from sessions
          where user_id = ${userId} and ended_at is null and expires_at > ${now}
          order by expires_at desc ${limit(most)}) as live
      order by created_at desc, id desc`,
  );
  return rows.map(sessionOf);
}

function sessionOf({ id, created_at, last_used_at, expires_at, user_agent }: Row): SessionType {
  return new SessionType({
    id,
    createdAt: new Date(created_at),
    lastUsedAt: new Date(last_used_at),
    expiresAt: new Date(expires_at),
    userAgent: user_agent,
  });
}

/** Returns the id of a session's user; undefined if there is no session with this id. */
export async function ownerOf(reader: OperationReader, sessionId: string): Promise<string | undefined> {
  const [row] = await reader.all<{ user_id: string }>(sql`select user_id from sessions where id = ${sessionId}`);
  return row?.user_id;
}

/** Returns when the newest session was opened, by the clock of its server; undefined if there is no session. */
export async function newestSessionAt(reader: OperationReader): Promise<Date | undefined> {
  const [row] = await reader.all<{ created_at: number }>(
    sql`select created_at from sessions order by id desc ${limit(1)}`,
  );
  return row && new Date(row.created_at);
}
