import type { TransactionOptions } from "@mikro-orm/core";

import { SqlEntityManager } from "./mikro-orm.js";
import type { TransactionEffects } from "./transaction-effects.js";

/** The parts of MikroORM's unit of work that a flush uses. */
type UnitOfWork = {
  working: boolean;
  readonly doCommit: () => Promise<void>;
  /** Flushes that were asked for during this one. */
  readonly flushQueue: (() => Promise<void>)[];
  readonly postCommitCleanup: () => void;
};

/**
 * An EntityManager that knows the effects of its transaction, and drops those of a savepoint that is undone.
 *
 * It flushes without an AsyncLocalStorage. MikroORM uses one to mark what runs within a flush. Before Node 24, the first
 * use of any makes every promise of the process slower from then on: by a tenth of a page's processor time.
 *
 * The mark distinguishes a flush that a hook asks for, which is rejected, from a concurrent one, which waits. So if
 * there are hooks or subscribers, MikroORM's own flush is used.
 *
 * Delete `flush` and `hasHooks` when Node 24 is the oldest version that is
 * supported: its AsyncLocalStorage no longer slows promises.
 */
export class PlainEntityManager extends SqlEntityManager {
  effects: TransactionEffects | undefined;

  override async transactional<Result>(
    work: (em: this) => Result | Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result> {
    const { effects } = this;
    if (effects === undefined) return super.transactional(work, options);
    const undo = effects.savepoint();
    try {
      return await super.transactional((em) => {
        em.effects = effects;
        return work(em);
      }, options);
    } catch (error) {
      undo();
      throw error;
    }
  }

  override async flush(): Promise<void> {
    const unit = this.getUnitOfWork() as unknown as UnitOfWork;
    if (unit.working || this.hasHooks()) return super.flush();
    try {
      unit.working = true;
      await unit.doCommit();
      while (unit.flushQueue.length > 0) await unit.flushQueue.shift()!();
    } finally {
      unit.postCommitCleanup();
      unit.working = false;
    }
  }

  private hasHooks(): boolean {
    if (this.getEventManager().getSubscribers().size > 0) return true;
    const entities = Object.values(this.getMetadata().getAll());
    return entities.some(({ hooks }) => Object.values(hooks).some((all) => all.length > 0));
  }
}
