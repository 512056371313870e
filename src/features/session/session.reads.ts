import DataLoader from "dataloader";

import { perOperation, type Context } from "../../kit/context.js";
import type { OperationReader } from "../../database/reader.js";
import { limit, sql } from "../../database/sql.js";
import { SessionType } from "./session.type.js";

type Row = {
  readonly id: string;
  readonly created_at: number;
  readonly last_used_at: number;
  readonly expires_at: number;
  readonly user_agent: string | null;
};

// A user agent has 300 characters at most, each 6 bytes as JSON at most.
const bytesOfSession = 2000;

/**
 * The live sessions of a user, newest first: read once for all the fields that ask at a time, and not kept, since an
 * operation may end some in between.
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
 * The live sessions of a user, newest first, up to so many. If there are more, which only an earlier release let be opened,
 * these are the ones that end last: an index finds them without reading the others.
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

/** Whose a session is; undefined where there is none of this id. */
export async function ownerOf(reader: OperationReader, sessionId: string): Promise<string | undefined> {
  const [row] = await reader.all<{ user_id: string }>(sql`select user_id from sessions where id = ${sessionId}`);
  return row?.user_id;
}

/** When the newest session was opened, by the clock of the server that did; undefined where there is none. */
export async function newestSessionAt(reader: OperationReader): Promise<Date | undefined> {
  const [row] = await reader.all<{ created_at: number }>(
    sql`select created_at from sessions order by id desc ${limit(1)}`,
  );
  return row && new Date(row.created_at);
}
