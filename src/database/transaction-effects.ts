import type { SqlEntityManager } from "@mikro-orm/knex";
import type { Logger } from "pino";

import { PlainEntityManager } from "./entity-manager.js";
import type { NewEvent } from "./event-log/event.js";
import type { OperationReader } from "./operation-reader.js";
import type { Transaction } from "./transaction.js";

/** Access to the database for work that no client asked for. */
export type Services = {
  readonly reader: OperationReader;
  readonly transaction: Transaction;
  readonly log: Logger;
};

/** Work that follows a commit. */
export type AfterCommit = (services: Services & { readonly signal: AbortSignal }) => Promise<void>;

/** Everything that a transaction does besides its own statements. A transaction that is tried again starts with none. */
export class TransactionEffects {
  readonly events: NewEvent[] = [];
  readonly afterCommit: AfterCommit[] = [];
  isOpen = true;

  /** @param topics the topics that may be published; any if undefined. */
  constructor(
    readonly topics: ReadonlySet<string> | undefined,
    readonly runsAfterCommit: boolean,
  ) {}

  /** Returns a function that drops everything that is added from now on. */
  savepoint(): () => void {
    const { events, afterCommit } = this;
    const [ofEvents, ofWork] = [events.length, afterCommit.length];
    return () => {
      events.length = ofEvents;
      afterCommit.length = ofWork;
    };
  }
}

/** @throws Error if `em` is not that of an open transaction. */
export function effectsOf(em: SqlEntityManager, caller: string): TransactionEffects {
  const effects = em instanceof PlainEntityManager ? em.effects : undefined;
  if (effects === undefined)
    throw new Error(`${caller}: em is not that of a transaction; pass the one that transaction(…) gives`);
  if (!effects.isOpen) throw new Error(`${caller}: the transaction of em is over; call it before the work returns`);
  return effects;
}
