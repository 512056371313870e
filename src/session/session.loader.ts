import DataLoader from "dataloader";
import type { EntityManager } from "@mikro-orm/core";

import { perOperation } from "../per-operation.js";
import type { Session } from "./session.entity.js";
import { listSessions } from "./session.service.js";

type Operation = { readonly em: EntityManager; readonly now: Date };

/**
 * The live sessions of users, newest first: read once for all the fields that ask at a time, and not kept, since an
 * operation may end some in between. An operation rarely asks for more than one user's.
 */
export const sessionsOf = perOperation(
  ({ em, now }: Operation) =>
    new DataLoader<string, Session[]>(
      async (userIds) => {
        const reads = new Map<string, Promise<Session[]>>();
        for (const id of userIds) if (!reads.has(id)) reads.set(id, listSessions(em.fork(), id, now));
        return Promise.all(userIds.map((id) => reads.get(id)!));
      },
      { cache: false },
    ),
);
